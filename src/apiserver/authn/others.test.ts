import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#base/testing.ts";
import { parseTokenFile } from "./token-file.ts";
import { webhookTokens } from "./webhook-token.ts";

test("a file of tokens names users, their uids and groups", () => {
  const users = parseTokenFile('# ours\nabc,jane,7,"dev, ops"\n\ndef,joe,,\n"g,h",jim,9\n');
  deepEqual(
    [...users],
    [
      ["abc", { name: "jane", uid: "7", groups: ["dev", "ops"] }],
      ["def", { name: "joe", groups: [] }],
      ["g,h", { name: "jim", uid: "9", groups: [] }],
    ],
  );
});

test("a wrong line is named, its token is not shown", () => {
  throws(() => parseTokenFile("a,b,c\nsecret,jane\n"), {
    message: "line 2: must be token,user,uid and perhaps groups",
  });
  throws(() => parseTokenFile("a,b,c\na,d,e\n"), {
    message: "line 2: the token stands there twice",
  });
});

function setUp(answer: object | Error) {
  const clock = new ManualClock();
  const asked: unknown[] = [];
  const check = webhookTokens({
    clock,
    post: async (review) => {
      asked.push((review as { spec: unknown }).spec);
      if (answer instanceof Error) throw answer;
      return { status: answer };
    },
  });
  return { clock, asked, check };
}

test("a webhook says who somebody is, and is not asked again for two minutes", async () => {
  const user = { username: "jane", uid: "1", groups: ["dev"], extra: { a: ["b"] } };
  const { clock, asked, check } = setUp({ authenticated: true, user, audiences: ["api"] });
  const owner = await check("t", ["api", "more"]);
  deepEqual(owner, {
    user: { name: "jane", uid: "1", groups: ["dev", "system:authenticated"], extra: { a: ["b"] } },
    audiences: ["api"],
  });
  equal(await check("t", ["api", "more"]), owner);
  deepEqual(asked, [{ token: "t", audiences: ["api", "more"] }]);
  clock.advance(121_000);
  await check("t", ["api", "more"]);
  equal(asked.length, 2);
  equal(clock.pending, 0);
});

test("a webhook may not know a token, and may fail; then nobody is let in", async () => {
  equal(await setUp({ authenticated: false }).check("t", []), undefined);
  await rejects(
    setUp({ authenticated: false, error: "expired" }).check("t", []) as Promise<unknown>,
    { reason: "Unauthorized", message: "expired" },
  );
  const failing = setUp(new Error("refused"));
  await rejects(failing.check("t", []) as Promise<unknown>, { reason: "Unauthorized" });
  await rejects(failing.check("t", []) as Promise<unknown>, { reason: "Unauthorized" });
  equal(failing.asked.length, 2);
});
