import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { finish, whenThere } from "./soon.ts";

test("what is there is gone on with at once, what is not when it is there", async () => {
  equal(
    whenThere(1, (n) => n + 1),
    2,
  );
  const later = whenThere(Promise.resolve(1), (n) => n + 1);
  ok(later instanceof Promise);
  equal(await later, 2);
});

test("work ends well or badly, at once or later, and is finished once", async () => {
  const ends: string[] = [];
  const end = (work: () => number | Promise<number>) =>
    finish(
      work,
      (n) => ends.push(`done ${n}`),
      (cause) => ends.push(`failed ${String(cause)}`),
    );
  const broken = (): never => {
    throw "at once"; // oxlint-disable-line typescript/only-throw-error -- shorter to look at
  };
  void end(() => 1);
  void end(broken);
  await end(async () => 2);
  await end(async () => Promise.reject("later")); // oxlint-disable-line typescript/prefer-promise-reject-errors
  deepEqual(ends, ["done 1", "failed at once", "done 2", "failed later"]);
});

test("what fails in the end is no failure of the work", async () => {
  const fail = (): never => {
    throw new Error("in the end");
  };
  const unasked = (): never => {
    throw new Error("nobody asked");
  };
  throws(() => finish(() => 1, fail, unasked), /in the end/);
  await rejects(async () => finish(async () => 1, fail, unasked), /in the end/);
});
