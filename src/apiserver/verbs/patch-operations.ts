/** The operations of a JSON patch, as far as they can be checked before they are applied. */
import { mismatch } from "#schema/json.ts";

const texts = ["op", "path", "from"] as const;
const known: ReadonlySet<string> = new Set<string>([...texts, "value"]);

/** exact: Go's names for the types that upstream reads them into */
const operationType = "handlers.jsonPatchOp";

export interface Operations {
  readonly operations: readonly unknown[];
  /** Members that no operation has, as strict decoding says it. */
  readonly unknown: readonly string[];
}

/** Throws DecodeError. */
export function operationsOf(patch: unknown): Operations {
  const operations = patch ?? [];
  if (!Array.isArray(operations)) throw mismatch(operations, `[]${operationType}`);
  const unknown = operations.flatMap((operation: unknown, at) =>
    unknownMembers(operation).map(
      (member) => `unknown field ${JSON.stringify(`[${at}].${member}`)}`,
    ),
  );
  return { operations, unknown };
}

function unknownMembers(operation: unknown): readonly string[] {
  if (operation === null) return [];
  if (typeof operation !== "object" || Array.isArray(operation)) {
    throw mismatch(operation, operationType);
  }
  const members = operation as Readonly<Record<string, unknown>>;
  for (const member of texts) {
    const text = members[member] ?? "";
    if (typeof text !== "string") throw mismatch(text, "string").within(operationType, member);
  }
  return Object.keys(operation).filter((member) => !known.has(member));
}
