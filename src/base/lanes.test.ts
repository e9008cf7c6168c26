import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Lanes } from "./lanes.ts";

test("whoever comes first goes first, and lanes do not know each other", async () => {
  const lanes = new Lanes();
  const order: string[] = [];
  const pass = async (key: string, name: string): Promise<void> => {
    using _lane = await lanes.enter(key);
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
  };
  await Promise.all([pass("a", "1"), pass("a", "2"), pass("b", "3"), pass("a", "4")]);
  deepEqual(
    order.filter((line) => !line.startsWith("3")),
    ["1 in", "1 out", "2 in", "2 out", "4 in", "4 out"],
  );
  deepEqual(order.indexOf("3 in") < order.indexOf("2 in"), true);
});
