/** The scale subresource of custom objects: where in them its numbers stand. */
import type { CustomResourceSubresourceScale } from "#api/apiextensions/customresourcedefinition.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject, ScaleTrait } from "#api/kind.ts";
import { isOpenObject, type OpenObject, setMember } from "#schema/open/open-schema.ts";
import { stepsOf, textAt, valueAt } from "./simple-path.ts";

export function customScale(definition: CustomResourceSubresourceScale): ScaleTrait<ApiObject> {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = "" } = definition;
  const replicas = valueAt(specReplicasPath);
  const statusReplicas = valueAt(statusReplicasPath);
  return {
    replicas(object) {
      const count = replicas(object);
      if (typeof count === "number") return count;
      // exact: apiextensions-apiserver
      const why = `Internal error occurred: the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`;
      throw new ApiError("InternalError", why);
    },
    withReplicas: (draft, count) => setAt(draft, stepsOf(specReplicasPath), count),
    statusReplicas(object) {
      const count = statusReplicas(object);
      return typeof count === "number" ? count : 0;
    },
    selector: labelSelectorPath === "" ? () => "" : textAt(labelSelectorPath),
  };
}

function setAt(object: unknown, steps: readonly string[], value: unknown): void {
  const [step = "", ...rest] = steps;
  const holder = object as OpenObject;
  if (rest.length === 0) {
    setMember(holder, step, value);
    return;
  }
  if (!isOpenObject(holder[step])) setMember(holder, step, {});
  setAt(holder[step], rest, value);
}
