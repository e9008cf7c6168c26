/**
 * What the server says of a definition: whether its names are its own, whether it is served, how far
 * its removal is. Pure: from the definition and the names of others to the status.
 * upstream: apiextensions-apiserver/pkg/controller/{status,establish,finalizer,apiapproval}
 */
import { setCondition, statusOfCondition } from "#api/apiextensions/crd-conditions.ts";
import { approvalCondition, isProtected } from "#api/apiextensions/crd-rules.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from "#api/apiextensions/customresourcedefinition.ts";
import { equal } from "#schema/copy.ts";

type Names = CustomResourceDefinitionNames;
type Status = CustomResourceDefinitionStatus;

export interface TakenNames {
  /** Plurals, singulars and short names. */
  readonly resources: ReadonlySet<string>;
  /** Also of lists. */
  readonly kinds: ReadonlySet<string>;
}

/** What the others of a group were granted. */
export function namesTaken(others: Iterable<CustomResourceDefinition>): TakenNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of others) {
    const { plural, singular, shortNames = [], kind, listKind } = status.acceptedNames;
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}

export const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  statusOfCondition(status, "Established") === "True";

/** The same status where there is no news. `now` is an API time. */
export function settledStatus(
  definition: CustomResourceDefinition,
  taken: TakenNames,
  now: string,
): Status {
  const { spec, status } = definition;
  const { names, conflict } = grantedNames(spec.names, status.acceptedNames, taken);
  const accepted = conflict
    ? { status: "False", ...conflict }
    : { status: "True", reason: "NoConflicts", message: "no conflicts found" };
  let settled: Status = equal(names, status.acceptedNames)
    ? status
    : { ...status, acceptedNames: names };
  settled = setCondition(settled, { type: "NamesAccepted", ...accepted }, now);
  if (isProtected(spec.group)) {
    settled = setCondition(settled, approvalCondition(definition.metadata), now);
  }
  if (statusOfCondition(settled, "Established") === "True") return settled;
  const established = conflict
    ? { status: "False", reason: "NotAccepted", message: "not all names are accepted" }
    : {
        status: "True",
        reason: "InitialNamesAccepted",
        message: "the initial names have been accepted",
      };
  return setCondition(settled, { type: "Established", ...established }, now);
}

interface Granted {
  readonly names: Names;
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
}

/** What cannot be had stays as it was; the last conflict is told. */
function grantedNames(wanted: Names, before: Names, taken: TakenNames): Granted {
  const granted: { -readonly [N in keyof Names]: Names[N] } = { ...before };
  let conflict: Granted["conflict"];
  for (const { name, reason, from } of singleNames) {
    const asked = wanted[name] ?? "";
    if (asked !== before[name] && taken[from].has(asked)) {
      conflict = { reason, message: inUse([asked]) };
    } else granted[name] = asked;
  }
  const known = new Set([...(before.shortNames ?? []), granted.plural, granted.singular]);
  const refused = (wanted.shortNames ?? []).filter(
    (name) => !known.has(name) && taken.resources.has(name),
  );
  if (refused.length > 0) conflict ??= { reason: "ShortNamesConflict", message: inUse(refused) };
  else setList(granted, "shortNames", wanted.shortNames);
  setList(granted, "categories", wanted.categories);
  return { names: granted, conflict };
}

const singleNames = [
  { name: "plural", reason: "PluralConflict", from: "resources" },
  { name: "singular", reason: "SingularConflict", from: "resources" },
  { name: "kind", reason: "KindConflict", from: "kinds" },
  { name: "listKind", reason: "ListKindConflict", from: "kinds" },
] as const;

function setList(
  names: { shortNames?: readonly string[] | undefined; categories?: readonly string[] | undefined },
  field: "shortNames" | "categories",
  list: readonly string[] | undefined,
): void {
  if (list === undefined) delete names[field];
  else names[field] = list;
}

// exact: apiextensions-apiserver
function inUse(names: readonly string[]): string {
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`);
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

// exact: apiextensions-apiserver
export const removing = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionInProgress",
  message: "CustomResource deletion is in progress",
};

// exact: apiextensions-apiserver
export const removed = {
  type: "Terminating",
  status: "False",
  reason: "InstanceDeletionCompleted",
  message: "removed all instances",
};
