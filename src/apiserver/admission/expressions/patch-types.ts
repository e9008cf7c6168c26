/**
 * What expressions that change objects may construct: `Object{}` and whatever lies in it, and
 * `JSONPatch{}`. upstream: staging/src/k8s.io/apiserver/pkg/cel/mutation/typeresolver.go
 */
import { type CelField, type CelType, dynType, objectType, stringType } from "#cel/types.ts";

/** Which fields there are is found out when the object is merged. */
class AnyFields extends Map<string, CelField> {
  override get(): CelField {
    return anyField;
  }
}

const anyField: CelField = { type: dynType };

export const appliedType = objectType("Object", new AnyFields());

export const patchOperationType = objectType(
  "JSONPatch",
  new Map([
    ["op", { type: stringType }],
    ["path", { type: stringType }],
    ["from", { type: stringType }],
    ["value", { type: dynType }],
  ]),
);

export function findPatchType(name: string): CelType | undefined {
  if (name === appliedType.name) return appliedType;
  if (name === patchOperationType.name) return patchOperationType;
  return name.startsWith("Object.") ? objectType(name, new AnyFields()) : undefined;
}
