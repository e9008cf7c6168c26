/** What `wait` waits for. upstream: staging/src/k8s.io/kubectl/pkg/cmd/wait */
import { relaxed } from "../print/custom-columns.ts";
import { compileJsonPath } from "#base/jsonpath.ts";
import type { Manifest } from "../resources/manifest.ts";

export interface Goal {
  /** Undefined: there is no object. */
  readonly isReached: (object: Manifest | undefined) => boolean;
  /** The object need not be there when the waiting begins. */
  readonly mayBeMissing?: true;
  /** It is no failure when there is nothing to wait for. */
  readonly isFineWithout?: true;
}

// exact: kubectl, the messages of this file
export function parseGoal(text: string): Goal {
  const [, word = "", rest] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  switch (word.toLowerCase()) {
    case "delete":
      return { isReached: (object) => !object, isFineWithout: true, mayBeMissing: true };
    case "create":
      return { isReached: (object) => object !== undefined, mayBeMissing: true };
    case "condition":
      if (rest !== undefined) return conditionGoal(rest);
      break;
    case "jsonpath":
      if (rest !== undefined) return jsonPathGoal(rest);
      break;
    default:
  }
  throw new Error(`unrecognized condition: ${JSON.stringify(text)}`);
}

interface Status {
  readonly observedGeneration?: number;
  readonly conditions?: readonly {
    readonly type?: string;
    readonly status?: string;
    readonly observedGeneration?: number;
  }[];
}

function conditionGoal(text: string): Goal {
  const at = text.indexOf("=");
  const name = (at < 0 ? text : text.slice(0, at)).toLowerCase();
  const wanted = (at < 0 ? "true" : text.slice(at + 1)).toLowerCase();
  return {
    isReached: (object) => {
      const { conditions = [], observedGeneration } = (object?.["status"] ?? {}) as Status;
      const found = conditions.find(({ type = "" }) => type.toLowerCase() === name);
      // What is said of an older state of the object does not count.
      const seen = found?.observedGeneration ?? observedGeneration;
      const generation = (object?.metadata["generation"] ?? 0) as number;
      if (seen !== undefined && seen < generation) return false;
      return found?.status?.toLowerCase() === wanted;
    },
  };
}

function jsonPathGoal(text: string): Goal {
  const [, expression = "", wanted] =
    /^('?\{[^{}]*\}'?)(?:=(.*))?$/s.exec(text) ?? /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  const value = wanted?.replace(/^(["'])(.*)\1$/s, "$2");
  if (value === "") throw new Error("jsonpath wait has to have a value after equal sign");
  const path = compileJsonPath(relaxed(expression.replaceAll("'", "")), { allowsMissing: true });
  return {
    isReached: (object) => {
      const found = object ? path.find(object).flat() : [];
      if (found.length > 1)
        throw new Error("given jsonpath expression matches more than one value");
      const [one] = found;
      if (one !== null && typeof one === "object")
        throw new Error("jsonpath leads to a nested object or list and cannot be compared");
      if (one === undefined || one === null) return false;
      return value === undefined || String(one) === value.trim();
    },
  };
}
