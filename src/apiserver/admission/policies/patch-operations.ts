/**
 * Mutations as operations: `[JSONPatch{op: "add", path: "/metadata/labels/a", value: "b"}]`.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/json_patch.go
 */
import { jsonOf } from "#cel/json.ts";
import { CelEvaluationError } from "#cel/values.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { PatchError, TestFailed } from "#schema/patch/patch-error.ts";
import { MutationFailed, type ShownObject } from "./mutable.ts";

interface Operation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Undefined when a `test` finds something else. Throws MutationFailed. exact: apiserver, all messages */
export function withOperations(shown: ShownObject, operations: unknown): unknown {
  try {
    return applyJsonPatch(shown, (operations as readonly Operation[]).map(operationOf));
  } catch (cause) {
    if (cause instanceof TestFailed) return undefined;
    if (cause instanceof PatchError) throw new MutationFailed(`JSONPath: ${cause.message}`);
    if (!(cause instanceof CelEvaluationError)) throw cause;
    const why = "JSONPath valueExpression evaluated to a type that could not marshal to JSON";
    throw new MutationFailed(`${why}: ${cause.message}`);
  }
}

const operationOf = ({ op = "", path = "", from = "", value }: Operation): object => ({
  op,
  path,
  ...(from === "" ? {} : { from }),
  ...(value === undefined ? {} : { value: jsonOf(value) }),
});
