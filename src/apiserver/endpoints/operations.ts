/**
 * What can be done under which path, as data: both dialects of OpenAPI are written from it.
 */
import { Scale } from "#api/autoscaling/scale.ts";
import type { AnyKind } from "#api/kind.ts";
import { DeleteOptions } from "#api/meta/options.ts";
import { Status } from "#api/meta/status.ts";
import type { GroupVersionKind } from "#schema/openapi.ts";
import { schemaNameOf } from "#schema/openapi.ts";
import { mediaTypes } from "../encoding/accept.ts";
import { groupPathOf } from "./paths.ts";
import type { Served } from "../kinds.ts";
import { patchTypesOf } from "../verbs/patch-text.ts";
import { partsOf, type ServedPart } from "./discovery.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "integer" | "boolean";
}

export interface ApiOperation {
  readonly path: string;
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** `x-kubernetes-action`. */
  readonly action: string;
  /** `readCoreV1NamespacedPod`. */
  readonly id: string;
  readonly gvk: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  readonly consumes: readonly string[];
  /** Names of schemas. */
  readonly body: string | undefined;
  readonly answers: Readonly<Record<string, string>>;
}

const queryOf = (names: Readonly<Record<string, Parameter["type"]>>): readonly Parameter[] =>
  Object.entries(names).map(([name, type]) => ({ name, in: "query", type }));

const listing = queryOf({
  allowWatchBookmarks: "boolean",
  continue: "string",
  fieldSelector: "string",
  labelSelector: "string",
  limit: "integer",
  resourceVersion: "string",
  resourceVersionMatch: "string",
  sendInitialEvents: "boolean",
  timeoutSeconds: "integer",
  watch: "boolean",
});
const writing = queryOf({ dryRun: "string", fieldManager: "string", fieldValidation: "string" });
const forcing = queryOf({ force: "boolean" });
const deleting = queryOf({
  dryRun: "string",
  gracePeriodSeconds: "integer",
  ignoreStoreReadErrorWithClusterBreakingPotential: "boolean",
  orphanDependents: "boolean",
  propagationPolicy: "string",
});
const pretty = queryOf({ pretty: "string" });
const inNamespace: Parameter = { name: "namespace", in: "path", type: "string" };
const named: Parameter = { name: "name", in: "path", type: "string" };

export const listSchemaOf = (kind: AnyKind): string => `${schemaNameOf(kind.schema)}List`;

const statusSchema = schemaNameOf(Status);
const deleteSchema = schemaNameOf(DeleteOptions);
export const patchSchema = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

interface Setting {
  readonly served: Served;
  readonly isNamespaced: boolean;
}

export function operationsOf(served: Served): readonly ApiOperation[] {
  const { kind } = served;
  const isNamespaced = kind.scope === "Namespaced";
  const setting: Setting = { served, isNamespaced };
  const base = groupPathOf(kind);
  const collection = isNamespaced
    ? `${base}/namespaces/{namespace}/${kind.plural}`
    : `${base}/${kind.plural}`;
  const item = `${collection}/{name}`;
  const everywhere = { served, isNamespaced: false };
  return [
    ...collectionOperations(setting, collection),
    ...itemOperations(setting, item),
    ...(isNamespaced && kind.verbs.includes("list")
      ? [listOperation(everywhere, `${base}/${kind.plural}`, "ForAllNamespaces")]
      : []),
    ...partsOf(served).flatMap((part) => [
      ...partOperations(setting, `${item}/${part.name}`, part),
    ]),
  ];
}

type Details = Pick<ApiOperation, "path" | "method" | "action" | "answers"> &
  Partial<Pick<ApiOperation, "parameters" | "consumes" | "body">> & {
    readonly verb: string;
    readonly suffix?: string;
  };

function operation({ served: { kind }, isNamespaced }: Setting, details: Details): ApiOperation {
  const { group, version, kind: name } = kind;
  const { verb, suffix = "", path } = details;
  const home = `${titled(group.split(".", 1)[0] || "core")}${titled(version)}`;
  return {
    path,
    method: details.method,
    action: details.action,
    id: `${verb}${home}${isNamespaced ? "Namespaced" : ""}${name}${suffix}`,
    gvk: { group, version, kind: name },
    parameters: [
      ...(details.parameters ?? []),
      ...(path.includes("{name}") ? [named] : []),
      ...(isNamespaced ? [inNamespace] : []),
      ...pretty,
    ],
    consumes: details.consumes ?? mediaTypes,
    body: details.body,
    answers: details.answers,
  };
}

const titled = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const listOperation = (setting: Setting, path: string, suffix = ""): ApiOperation =>
  operation(setting, {
    path,
    suffix,
    verb: "list",
    method: "get",
    action: "list",
    parameters: listing,
    answers: { 200: listSchemaOf(setting.served.kind) },
  });

function* collectionOperations(setting: Setting, path: string): Iterable<ApiOperation> {
  const { kind } = setting.served;
  const schema = schemaNameOf(kind.schema);
  if (kind.verbs.includes("list")) yield listOperation(setting, path);
  if (kind.verbs.includes("create")) {
    const answers = { 200: schema, 201: schema, 202: schema };
    const what = { path, parameters: writing, body: schema, answers };
    yield operation(setting, { ...what, verb: "create", method: "post", action: "post" });
  }
  if (kind.verbs.includes("deletecollection")) {
    const parameters = [...deleting, ...listing];
    const what = { path, parameters, body: deleteSchema, answers: { 200: statusSchema } };
    const naming = { verb: "delete", method: "delete", action: "deletecollection" } as const;
    yield operation(setting, { ...what, ...naming, suffix: "Collection" });
  }
}

function* itemOperations(setting: Setting, path: string): Iterable<ApiOperation> {
  const { kind } = setting.served;
  const schema = schemaNameOf(kind.schema);
  yield* objectOperations(setting, path, { verbs: kind.verbs, schema });
  if (!kind.verbs.includes("delete")) return;
  const answer = kind.deleteReturnsObject ? schema : statusSchema;
  const what = {
    path,
    parameters: deleting,
    body: deleteSchema,
    answers: { 200: answer, 202: answer },
  };
  yield operation(setting, { ...what, verb: "delete", method: "delete", action: "delete" });
}

interface Reachable {
  readonly verbs: readonly string[];
  readonly schema: string;
  readonly suffix?: string;
}

function* objectOperations(
  setting: Setting,
  path: string,
  { verbs, schema, suffix = "" }: Reachable,
): Iterable<ApiOperation> {
  const answers = { 200: schema, 201: schema };
  if (verbs.includes("get")) {
    const what = { path, suffix, answers: { 200: schema } };
    yield operation(setting, { ...what, verb: "read", method: "get", action: "get" });
  }
  if (verbs.includes("update")) {
    const what = { path, suffix, parameters: writing, body: schema, answers };
    yield operation(setting, { ...what, verb: "replace", method: "put", action: "put" });
  }
  if (verbs.includes("patch")) {
    const parameters = [...writing, ...forcing];
    const consumes = patchTypesOf(setting.served.kind);
    const what = { path, suffix, parameters, body: patchSchema, consumes, answers };
    yield operation(setting, { ...what, verb: "patch", method: "patch", action: "patch" });
  }
}

function* partOperations(setting: Setting, path: string, part: ServedPart): Iterable<ApiOperation> {
  const { served } = setting;
  const suffix = titled(part.name);
  const { bodyKind, edit } = served.subresources.get(part.name) ?? {};
  const isObject = part.name === "status" || edit !== undefined;
  const schema = schemaNameOf(isObject ? served.kind.schema : Scale.schema);
  if (isObject || part.name === "scale") {
    yield* objectOperations(setting, path, { verbs: part.verbs, schema, suffix });
    return;
  }
  if (!bodyKind) return;
  const body = schemaNameOf(bodyKind.schema);
  const answers = { 200: body, 201: body, 202: body };
  const what = { path, suffix, parameters: writing, body, answers };
  yield operation(setting, { ...what, verb: "create", method: "post", action: "post" });
}
