/**
 * MutatingAdmissionWebhook: one after the other, webhooks change the object. After a change all that
 * mutates has another look, and those webhooks that asked for it once more.
 * upstream: apiserver/pkg/admission/plugin/webhook/mutating/dispatcher.go
 */
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import type { AdmissionResponse } from "#api/admission/admission-review.ts";
import type { ApiObject } from "#api/kind.ts";
import { DecodeError } from "#schema/json.ts";
import { parseJson } from "#schema/json-text.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { PatchError } from "#schema/patch/patch-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Admission, AdmissionRequest, Mutated } from "../admission.ts";
import { consult } from "./consult.ts";
import { type Hook, HookList } from "./hooks.ts";
import { type Invocation, invocationOf } from "./match.ts";
import { CallFailed, internalError, underPolicy } from "./outcome.ts";
import { settle } from "../settle.ts";
import { versionFor } from "../matching/coverage.ts";
import { Subject } from "../matching/subject.ts";
import { Rounds } from "../rounds.ts";
import { Switchboard } from "./switchboard.ts";

export function mutatingWebhooks(): Admission {
  const list = new HookList(MutatingWebhookConfiguration);
  const rounds = new WeakMap<AdmissionRequest, Rounds>();
  let board: Switchboard | undefined;
  return {
    name: "MutatingAdmissionWebhook",
    when: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    subresources: "all",
    attach: (site) => {
      board = new Switchboard(site, list);
    },
    mutate(draft: Draft<ApiObject>, request) {
      const hooks = board?.hooksFor(request) ?? [];
      if (!board || hooks.length === 0) return undefined;
      const before = rounds.get(request);
      const own = before ?? new Rounds();
      rounds.set(request, own);
      if (before) own.startAgain(draft);
      return ask(board, hooks, { draft, subject: subjectOf(board, request, draft), rounds: own });
    },
    // Of what is deleted there is nothing to mutate; they are told of it all the same.
    validate(object: ApiObject, request) {
      const hooks = board?.hooksFor(request) ?? [];
      if (!board || hooks.length === 0 || request.operation !== "DELETE") return undefined;
      const subject = subjectOf(board, request, object);
      return ask(board, hooks, { draft: undefined, subject, rounds: new Rounds() }).then(nothing);
    },
  };
}

const nothing = (): void => {};

const subjectOf = ({ site }: Switchboard, request: AdmissionRequest, object: ApiObject): Subject =>
  new Subject(request, object, site);

interface Mutation {
  /** Undefined when there is nothing to change. */
  readonly draft: Draft<ApiObject> | undefined;
  readonly subject: Subject;
  readonly rounds: Rounds;
}

async function ask(
  board: Switchboard,
  hooks: readonly Hook[],
  mutation: Mutation,
): Promise<Mutated> {
  const { draft, subject, rounds } = mutation;
  let isChanged = false;
  for (const hook of hooks) {
    if (subject.request.kind.conversion) await subject.prepare(versionFor(hook, subject));
    const invocation = await invocationOf(hook, subject, board.authorizeFor);
    if (!invocation || !rounds.isDue(keyOf(hook))) continue;
    if (await askOne(board, invocation, mutation)) {
      isChanged = true;
      rounds.changed();
    }
    if (hook.isReinvoked) rounds.wantsMore(keyOf(hook));
  }
  if (!isChanged || rounds.round > 0) return undefined;
  if (draft) rounds.leave(draft);
  return "again";
}

const keyOf = ({ index }: Hook): string => String(index);

/** Whether it changed the object. */
async function askOne(
  board: Switchboard,
  invocation: Invocation,
  { draft, subject, rounds }: Mutation,
): Promise<boolean> {
  const { hook } = invocation;
  const { clock, metrics } = board;
  const place = `round_${rounds.round}_index_${hook.index}`;
  const note = (key: string, value: string): void => subject.request.annotate?.(key, value);
  const onFailOpen = (): void =>
    note(`failed-open.mutation.webhook.admission.k8s.io/${place}`, hook.name);
  const asking = { hook, subject, type: "admit", clock, metrics, onFailOpen } as const;
  const mutated = await underPolicy(asking, async () => {
    const response = await consult(board, { ...invocation, subject, isMutating: true });
    return applied(response, invocation, { draft, subject, rounds });
  });
  const names = { configuration: hook.configuration, webhook: hook.name };
  const isMutated = mutated?.isChanged === true;
  note(
    `mutation.webhook.admission.k8s.io/${place}`,
    JSON.stringify({ ...names, mutated: isMutated }),
  );
  if (mutated?.patch) {
    const patch = { ...names, patch: mutated.patch, patchType: "JSONPatch" };
    note(`patch.webhook.admission.k8s.io/${place}`, JSON.stringify(patch));
  }
  return isMutated;
}

interface Applied {
  readonly isChanged: boolean;
  readonly patch?: readonly unknown[];
}

async function applied(
  { patch: encoded = "", patchType }: AdmissionResponse,
  { hook, version }: Invocation,
  { draft, subject }: Mutation,
): Promise<Applied> {
  if (encoded === "") return { isChanged: false };
  const patch = await operationsOf(encoded);
  if (patch.length === 0) return { isChanged: false };
  if (!draft || !version.take) {
    // exact: apiserver
    throw internalError(
      new Error(
        `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
      ),
    );
  }
  if (patchType !== "JSONPatch") {
    throw new CallFailed(hook, `unsupported patch type ${JSON.stringify(patchType)}`); // exact: apiserver
  }
  const { take } = version;
  const shown = subject.shown(version);
  const made = await asInternal(async () => take(applyJsonPatch(shown, patch), draft as ApiObject));
  return { isChanged: settle(draft, made, subject.request), patch };
}

async function operationsOf(encoded: string): Promise<readonly unknown[]> {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const operations = await asInternal(async () => parseJson(text).value);
  if (Array.isArray(operations)) return operations;
  // exact: Go
  throw internalError(
    new Error(`json: cannot unmarshal ${typeof operations} into Go value of type jsonpatch.Patch`),
  );
}

/** A patch that does not fit is the webhook's mistake, but no failure to call it. */
async function asInternal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isBad =
      cause instanceof PatchError || cause instanceof DecodeError || cause instanceof SyntaxError;
    throw isBad ? internalError(cause) : cause;
  }
}
