/**
 * ValidatingAdmissionWebhook: all webhooks that are concerned are asked at the same time, about the
 * object as it will be stored. Of several refusals the first in order is passed on.
 * upstream: apiserver/pkg/admission/plugin/webhook/validating/dispatcher.go
 */
import { ValidatingWebhookConfiguration } from "#api/admissionregistration/validatingwebhookconfiguration.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Admission } from "../admission.ts";
import { consult } from "./consult.ts";
import { type Hook, HookList } from "./hooks.ts";
import { type Invocation, invocationOf } from "./match.ts";
import { underPolicy } from "./outcome.ts";
import { versionFor } from "../matching/coverage.ts";
import { Subject } from "../matching/subject.ts";
import { Switchboard } from "./switchboard.ts";

/**
 * differs: addresses and ports of Services are allocated after validation, with the commit; upstream
 * before. Webhooks see those that were there or asked for.
 */
export function validatingWebhooks(): Admission {
  const list = new HookList(ValidatingWebhookConfiguration);
  let board: Switchboard | undefined;
  return {
    name: "ValidatingAdmissionWebhook",
    when: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    subresources: "all",
    attach: (site) => {
      board = new Switchboard(site, list);
    },
    validate(object: ApiObject, request) {
      const hooks = board?.hooksFor(request) ?? [];
      if (!board || hooks.length === 0) return undefined;
      return ask(board, hooks, new Subject(request, object, board.site));
    },
  };
}

async function ask(board: Switchboard, hooks: readonly Hook[], subject: Subject): Promise<void> {
  const concerned: Invocation[] = [];
  for (const hook of hooks) {
    if (subject.request.kind.conversion) await subject.prepare(versionFor(hook, subject));
    const invocation = await invocationOf(hook, subject, board.authorizeFor);
    if (invocation) concerned.push(invocation);
  }
  const answers = await Promise.allSettled(
    concerned.map((invocation) => askOne(board, invocation, subject)),
  );
  const refusal = answers.find(({ status }) => status === "rejected");
  if (refusal?.status === "rejected") throw refusal.reason;
}

async function askOne(board: Switchboard, invocation: Invocation, subject: Subject): Promise<void> {
  const { hook } = invocation;
  const { clock, metrics } = board;
  const key = `failed-open.validating.webhook.admission.k8s.io/round_0_index_${hook.index}`;
  const onFailOpen = (): void => subject.request.annotate?.(key, hook.name);
  const asking = { hook, subject, type: "validating", clock, metrics, onFailOpen } as const;
  await underPolicy(asking, () => consult(board, { ...invocation, subject, isMutating: false }));
}
