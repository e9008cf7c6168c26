/** The operators that may leave a part out, and that swallow an error when the other part decides. */
import { CelEvaluationError, fail, type Value } from "#cel/values.ts";
import type { Code, Frame } from "./frame.ts";

export const conjunction = (left: Code, right: Code): Code => deciding(left, right, false);
export const disjunction = (left: Code, right: Code): Code => deciding(left, right, true);

/** `deciding` is the value that settles the matter, whichever side has it. */
const deciding =
  (left: Code, right: Code, decisive: boolean): Code =>
  (frame) => {
    let first: Value;
    try {
      first = left(frame);
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      if (right(frame) === decisive) return decisive;
      throw error;
    }
    if (first === decisive) return decisive;
    const second = right(frame);
    if (second === decisive) return decisive;
    if (typeof first !== "boolean" || typeof second !== "boolean") return fail("no such overload");
    return !decisive;
  };

export const conditional =
  (condition: Code, yes: Code, no: Code): Code =>
  (frame: Frame) => {
    const is = condition(frame);
    if (is === true) return yes(frame);
    return is === false ? no(frame) : fail("no such overload");
  };
