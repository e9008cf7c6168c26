import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { formatTime, hours, minutes } from "#base/clock.ts";
import { VirtualClock } from "#sim/clock.ts";
import { podWith } from "./pod/testing.ts";
import { MemoryClient } from "./testing.ts";
import { TokenCache } from "./tokens.ts";

function world(lifeMs: number) {
  const clock = new VirtualClock();
  const requests: object[] = [];
  const state = { isDown: false };
  const client = new MemoryClient((at, object) => {
    if (state.isDown) throw new Error("down");
    requests.push({ at, object });
    const expirationTimestamp = formatTime(clock.now() + lifeMs);
    return { status: { token: `t${requests.length}`, expirationTimestamp } };
  });
  return { tokens: new TokenCache({ client, clock }), clock, requests, state };
}

const pod = podWith({ serviceAccountName: "runner" });
const projection = { path: "token", expirationSeconds: 3_607, audience: "api" };

test("a token is asked for in the pod's name", async () => {
  const { tokens, requests } = world(hours(1));
  await tokens.token(pod, projection);
  deepEqual(requests, [
    {
      at: { namespace: "default", name: "runner", subresource: "token" },
      object: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: {},
        spec: {
          audiences: ["api"],
          expirationSeconds: 3_607,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "web", uid: "u1" },
        },
      },
    },
  ]);
});

test("a token is used for most of its time, and a day at most", async () => {
  const { tokens, clock } = world(hours(1));
  const first = await tokens.token(pod, projection);
  equal(first.refreshAtMs - clock.now(), minutes(48));
  await clock.advance(minutes(47));
  equal((await tokens.token(pod, projection)).token, "t1");
  await clock.advance(minutes(2));
  equal((await tokens.token(pod, projection)).token, "t2");
  const long = world(hours(1_000));
  equal((await long.tokens.token(pod, projection)).refreshAtMs - long.clock.now(), hours(24));
});

test("while there is no new token the old one has to do, for as long as it holds", async () => {
  const { tokens, clock, state } = world(hours(1));
  await tokens.token(pod, projection);
  state.isDown = true;
  await clock.advance(minutes(50));
  const kept = await tokens.token(pod, projection);
  deepEqual([kept.token, kept.refreshAtMs - clock.now()], ["t1", minutes(1)]);
  await clock.advance(minutes(20));
  await rejects(tokens.token(pod, projection), /down/);
});

test("tokens of a pod that is gone are forgotten", async () => {
  const { tokens } = world(hours(1));
  await tokens.token(pod, projection);
  tokens.forget("u1");
  equal((await tokens.token(pod, projection)).token, "t2");
});
