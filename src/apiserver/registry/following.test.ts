import { deepEqual } from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { complainingTo } from "#base/testing.ts";
import { configMap, describe, startTestServer } from "../testing.ts";
import { follow } from "./following.ts";
import type { FullRegistry } from "./generic.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

test("a look that fails is told of, and all that there is is looked at again", async () => {
  const complaints: string[] = [];
  await using server = await startTestServer({ log: complainingTo(complaints) });
  await server.ask("POST", configMaps, { body: configMap("a") });
  const stop = new AbortController();
  const seen: string[] = [];
  const following = follow(ConfigMap, {
    registry: server.registry as FullRegistry,
    signal: stop.signal,
    changed: (batch) => {
      seen.push(...batch.map(describe));
      if (seen.length === 1) throw new Error("not now");
    },
  });
  await setImmediate();
  server.clock.advance(1_000);
  await setImmediate();
  await server.ask("POST", configMaps, { body: configMap("b") });
  await setImmediate();
  stop.abort();
  await following;
  const added = seen.filter((event) => event.startsWith("ADDED"));
  deepEqual(added, ["ADDED a", "ADDED a", "ADDED b"]);
  deepEqual(complaints.length, 1);
});
