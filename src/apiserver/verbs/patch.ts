/**
 * PATCH in its four languages. A patch is applied to the newest state, and again when that is not
 * the newest any more. upstream: apiserver/pkg/endpoints/handlers/patch.go
 */
import { badRequest, conflict } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiResponse, Sealed } from "#api/request.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import type { Draft } from "#schema/struct.ts";
import { type ApplyConfig, applied } from "../registry/apply.ts";
import type { ObjectChange } from "../registry/change.ts";
import { timeText } from "../registry/metadata.ts";
import type { WriteContext } from "../registry/registry.ts";
import type { Served } from "../kinds.ts";
import { objectAnswer } from "../responses.ts";
import { revised, type VerbCall, writeContext } from "./call.ts";
import { putInNamespace } from "./create.ts";
import { checkPatchOptions, type FieldValidation, writeOptions } from "./options.ts";
import { decodePatched, patchOf, type PatchText } from "./patch-text.ts";
import { likeOf, ownMetadata } from "./sharing.ts";
import { checkName, demandCreation } from "./update.ts";

export async function patch(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { info, request } = context;
  const text = patchOf(request, served.kind);
  checkPatchOptions(request.query, text.is === "apply");
  const options = writeOptions(request.query, "PatchOptions");
  const how = writeContext(call, options);
  if (text.is === "apply") checkDuplicates(text.duplicates, options.fieldValidation, how);
  const change: ObjectChange = {
    namespace: info.namespace,
    name: info.name,
    part: info.subresource,
    make: async (current) => {
      if (!current) await demandCreation(call);
      const draft =
        text.is === "apply"
          ? await applyConfig(call, text.config, { current, how, force: options.force })
          : patched(call, text, current as Sealed);
      checkName(draft, info.name);
      putInNamespace(served.kind, draft, info.namespace);
      return { draft: revised(call, draft, current), isTracked: text.is === "apply" };
    },
    createsAbsent: text.is === "apply" && info.subresource === "",
  };
  const { sealed, wasCreated } = await registry.put(served.stored, change, how);
  return objectAnswer(wasCreated ? 201 : 200, served, sealed);
}

function checkDuplicates(
  duplicates: readonly string[],
  validation: FieldValidation,
  { warnings }: WriteContext,
): void {
  if (duplicates.length === 0 || validation === "Ignore") return;
  if (validation === "Warn") warnings.push(...duplicates);
  // exact: apiserver
  else throw badRequest(`error strict decoding YAML: ${duplicates.join(", ")}`);
}

/** The document that clients of this version know, changed, as it would be stored. */
function patched(
  { context, served }: VerbCall,
  text: PatchText & { readonly is: "change" },
  current: Sealed,
): Draft<ApiObject> {
  const { kind, stored, toStored, fromStored } = served;
  const before = fromStored(current).object;
  const document = text.apply(kind, before);
  const like = likeOf(served, context.info.subresource, before);
  const draft = decodePatched(kind.schema, document, { ...text, context, like });
  return kind === stored
    ? ownMetadata(draft)
    : applyDefaults(stored.schema, toStored(draft) as never);
}

interface Applying {
  readonly current: Sealed | undefined;
  readonly how: WriteContext;
  readonly force: boolean;
}

async function applyConfig(
  call: VerbCall,
  config: ApplyConfig,
  { current, how, force }: Applying,
): Promise<Draft<ApiObject>> {
  const { context, ports, served } = call;
  if (!current) checkIsNew(served.kind, config);
  checkVersion(config, served.kind.apiVersion);
  return applied(served.stored, current?.object, {
    config: inStoredVersion(served, config),
    manager: how.fieldManager,
    force,
    part: context.info.subresource,
    asked: how.asked,
    time: timeText(ports.clock),
  });
}

/** Of another version only what it makes of the stored one can be applied. */
function inStoredVersion({ kind, stored, toStored }: Served, config: ApplyConfig): ApplyConfig {
  if (kind === stored) return config;
  try {
    const draft = decodeJson(kind.schema, config, { defaults: false }).value;
    return toStored(draft as Draft<ApiObject>);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw badRequest(cause.message);
  }
}

/** Whoever names a uid means an object that was there. */
function checkIsNew(kind: AnyKind, { metadata = {} }: ApplyConfig): void {
  const { uid, name } = metadata;
  if (typeof uid !== "string" || uid === "") return;
  // exact: apiserver
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  throw conflict(kind, typeof name === "string" ? name : "", why);
}

function checkVersion({ apiVersion }: ApplyConfig, expected: string): void {
  if (apiVersion === expected) return;
  const found = typeof apiVersion === "string" ? apiVersion : "";
  // exact: apiserver
  throw badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${found}, expected: ${expected}`,
  );
}
