import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "#base/metrics.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import { silent } from "#base/log.ts";
import { followSetting } from "./follow-setting.ts";

test("it is counted how often a file was read again, and how that went", async () => {
  const metrics = new Metrics();
  const stop = new AbortController();
  const taken: string[] = [];
  let text = "first";
  let changed = (): void => {};
  const disk = {
    observe: (_path: string, call: () => void) => {
      changed = call;
      return { [Symbol.dispose]: () => {} };
    },
    read: async () => Buffer.from(text),
  };
  followSetting(
    {
      name: "authorization-config",
      settings: { "authorization-config": "/etc/authorization.yaml" },
      world: { clock: new VirtualClock(), disk, log: silent },
      metrics,
      signal: stop.signal,
    },
    async (found) => {
      if (found === "wrong") throw new Error("no such authorizer");
      taken.push(found);
    },
  );
  for (const next of ["second", "wrong", "third"]) {
    text = next;
    changed();
    await drain();
  }
  deepEqual(taken, ["second", "third"]);
  const prefix = "apiserver_authorization_config_controller_automatic_reload";
  const counted = await metrics.text();
  const id = 'apiserver_id_hash="sha256:[0-9a-f]{64}"';
  match(counted, new RegExp(`${prefix}s_total\\{${id},status="success"\\} 2`));
  match(counted, new RegExp(`${prefix}s_total\\{${id},status="failure"\\} 1`));
  match(counted, new RegExp(`${prefix}_last_timestamp_seconds\\{${id},status="failure"\\} \\d+`));
  stop.abort();
});
