/**
 * From the words and files of a command to the objects on the server that they mean: what most
 * commands begin with.
 * upstream: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go
 */
import { ApiError } from "#api/errors.ts";
import { parseLabelSelector } from "#api/selectors.ts";
import type { Resource } from "#client/discovery.ts";
import { Failures } from "../explain.ts";
import { flag, UsageError } from "../flags.ts";
import type { Session } from "../session.ts";
import { nothingGiven, parseArguments } from "./arguments.ts";
import { readManifests, type Sourced } from "./files.ts";
import type { Manifest } from "./manifest.ts";
import { getObject, listObjects, type Place } from "./objects.ts";

export const selectionFlags = {
  selector: flag.text("only objects with these labels: app=web,tier!=db", {
    short: "l",
    value: "SELECTOR",
    fallback: "",
  }),
  "all-namespaces": flag.switch("in all namespaces", { short: "A" }),
} as const;

/** What a command was given to find objects by. */
export interface Wanted {
  readonly args: readonly string[];
  /** What to say when there are no arguments at all. */
  readonly missing?: Error;
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly allNamespaces?: boolean;
  /** Types alone mean all of their objects. Else they need a selector, or `--all`. */
  readonly takesAll?: boolean;
  /** Files are taken at their word: nothing is read from the server. */
  readonly isLocal?: boolean;
}

/** An object that a command is about. */
export interface Target extends Place {
  readonly object: Manifest;
  /** The file that named it; empty when arguments did. */
  readonly source: string;
}

/** Where named objects are; they need not exist. */
export interface Found {
  readonly targets: readonly Target[];
  readonly failures: readonly unknown[];
}

/** One request: for an object, or for those of a type. */
export type Query =
  | { readonly is: "object"; readonly target: Place & { readonly source: string } }
  | { readonly is: "local"; readonly target: Target }
  | {
      readonly is: "list";
      readonly resource: Resource;
      readonly namespace: string | undefined;
      readonly labelSelector: string | undefined;
      readonly fieldSelector: string | undefined;
    };

/** Every object that can be found, and what kept the others. */
export async function selectObjects(session: Session, wanted: Wanted): Promise<Found> {
  const targets: Target[] = [];
  const failures = await forEachQuery(await queriesOf(session, wanted), async (query) => {
    targets.push(...(await objectsOf(session, query)));
  });
  return { targets, failures };
}

export async function objectsOf(session: Session, query: Query): Promise<readonly Target[]> {
  if (query.is === "local") return [query.target];
  if (query.is === "object")
    return [{ ...query.target, object: await getObject(session, query.target) }];
  const objects = await listObjects(session, query.resource, query);
  return objects.map((object) => targetOf(query.resource, object));
}

/** The failures that concern single queries only. */
export async function forEachQuery(
  queries: readonly Query[],
  act: (query: Query) => Promise<void>,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const query of queries) {
    try {
      await act(query);
    } catch (cause) {
      if (!isAboutOneObject(cause)) throw cause;
      failures.push(query.is === "list" ? ofList(cause as ApiError, query) : cause);
    }
  }
  return failures;
}

/** exact: kubectl. A list that cannot be had says what was asked for. */
function ofList(cause: ApiError, query: Query & { readonly is: "list" }): ApiError {
  const { reason, message, code } = cause;
  if (reason !== "BadRequest" && reason !== "NotFound") return cause;
  const { kind } = query.resource;
  const what = `"${kind.group}/${kind.version}, Resource=${kind.plural}"`;
  const { labelSelector = "", fieldSelector = "" } = query;
  const said =
    labelSelector === "" && fieldSelector === ""
      ? `Unable to list ${what}: ${message}`
      : `Unable to find ${what} that match label selector "${labelSelector}", field selector "${fieldSelector}": ${message}`;
  return new ApiError(reason, said, { code, cause });
}

/** Others make the rest of the command pointless. */
const isAboutOneObject = (cause: unknown): boolean =>
  cause instanceof ApiError && cause.reason !== "Unauthorized";

export async function queriesOf(session: Session, wanted: Wanted): Promise<readonly Query[]> {
  if ((wanted.filename ?? []).length > 0) return fileQueries(session, wanted);
  if (wanted.args.length === 0) throw wanted.missing ?? nothingGiven();
  const named = parseArguments(await session.discovered(), wanted.args);
  if (named.is === "types")
    return named.resources.map((resource) => typeQuery(session, resource, wanted));
  checkNoSelector(wanted);
  return named.targets.map(({ resource, name }) => ({
    is: "object",
    target: { resource, namespace: namespaceFor(session, resource), name, source: "" },
  }));
}

// exact: kubectl, the messages
function checkNoSelector({ selector, fieldSelector, allNamespaces }: Wanted): void {
  if (selector || fieldSelector)
    throw new Error("name cannot be provided when a selector is specified");
  if (allNamespaces)
    throw new Error("a resource cannot be retrieved by name across all namespaces");
}

function typeQuery(session: Session, resource: Resource, wanted: Wanted): Query {
  const { selector, fieldSelector, allNamespaces, takesAll } = wanted;
  if (!takesAll && !selector && !fieldSelector)
    throw new Error("resource(s) were provided, but no name was specified"); // exact: kubectl
  const namespace = allNamespaces ? undefined : namespaceFor(session, resource);
  return { is: "list", resource, namespace, labelSelector: selector, fieldSelector };
}

/** Undefined for kinds of the cluster. */
export const namespaceFor = (session: Session, { kind }: Resource): string | undefined =>
  kind.scope === "Namespaced" ? session.namespace : undefined;

export const targetOf = (resource: Resource, object: Manifest, source = ""): Target => ({
  resource,
  namespace: resource.kind.scope === "Namespaced" ? object.metadata.namespace : undefined,
  name: object.metadata.name ?? "",
  object,
  source,
});

async function fileQueries(session: Session, wanted: Wanted): Promise<readonly Query[]> {
  if (wanted.args.length > 0)
    throw new UsageError(
      "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well", // exact: kubectl
    );
  const targets = await selectFiles(session, wanted);
  return targets.map((target) => ({ is: wanted.isLocal ? "local" : "object", target }));
}

/** The objects of files, as they stand there, with the namespace that they go to. */
export async function selectFiles(
  session: Session,
  {
    filename = [],
    recursive = false,
    selector = "",
  }: Pick<Wanted, "filename" | "recursive" | "selector">,
): Promise<readonly Target[]> {
  const matcher = parseLabelSelector(selector);
  const found = await readManifests(session.shell, { filename, recursive });
  const wanted = found.filter(({ manifest }) => matcher.matches(manifest.metadata.labels));
  const targets: Target[] = [];
  const failures: unknown[] = [];
  for (const sourced of wanted) {
    try {
      targets.push(await placed(session, sourced));
    } catch (cause) {
      failures.push(cause);
    }
  }
  if (failures.length > 0) throw new Failures(failures);
  return targets;
}

async function placed(session: Session, { manifest, source }: Sourced): Promise<Target> {
  const discovered = await session.discovered();
  const resource = discovered.of(manifest.apiVersion, manifest.kind);
  if (!resource) throw unknownKind(manifest, source);
  if (resource.kind.scope !== "Namespaced") return targetOf(resource, manifest, source);
  const { namespace } = manifest.metadata;
  if (session.isNamespaceGiven && namespace && namespace !== session.namespace)
    throw new Error(
      `the namespace from the provided object "${namespace}" does not match the namespace "${session.namespace}". You must pass '--namespace=${namespace}' to perform this operation.`, // exact: kubectl
    );
  const home = namespace || session.namespace;
  const object = { ...manifest, metadata: { ...manifest.metadata, namespace: home } };
  return targetOf(resource, object, source);
}

/** exact: kubectl */
const unknownKind = ({ apiVersion, kind, metadata }: Manifest, source: string): Error =>
  new Error(
    `resource mapping not found for name: "${metadata.name ?? ""}" namespace: "${metadata.namespace ?? ""}" from "${source}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
  );

/** Does `act` to each, goes on after failures, and throws them all at the end. */
export async function forEachTarget(
  { targets, failures }: Found,
  act: (target: Target) => Promise<void>,
): Promise<void> {
  const all = [...failures];
  for (const target of targets) {
    try {
      await act(target);
    } catch (cause) {
      if (cause instanceof ApiError && cause.reason === "Unauthorized") throw cause;
      all.push(cause);
    }
  }
  if (all.length === 1) throw all[0];
  if (all.length > 0) throw new Failures(all);
}

/** exact: kubectl. The failure, with what was being done to which file. */
export function withSource(cause: unknown, verb: string, source: string): unknown {
  if (source === "" || !(cause instanceof Error)) return cause;
  const message = `error when ${verb} ${JSON.stringify(source)}: ${cause.message}`;
  if (!(cause instanceof ApiError)) return new Error(message, { cause });
  const { reason, code, details } = cause;
  return new ApiError(reason, message, { code, cause, ...(details ? { details } : {}) });
}
