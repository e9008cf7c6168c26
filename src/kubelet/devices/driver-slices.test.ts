import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { Bell } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { VirtualClock } from "#sim/clock.ts";
import { MemoryClient } from "../testing.ts";
import { removeSlicesOfLost } from "./driver-slices.ts";

test("what a driver published goes half a minute after it, unless it comes back", async () => {
  const clock = new VirtualClock();
  const memory = new MemoryClient();
  for (const driver of ["gpu", "net"])
    await memory.create(ResourceSlice, {
      metadata: { name: driver },
      spec: { driver, nodeName: "n1" },
    } as never);
  const removed: (string | undefined)[] = [];
  const { list } = memory;
  const deleteCollection: Client["deleteCollection"] = async (_kind, { fieldSelector }) =>
    void removed.push(fieldSelector);
  const client = { list, deleteCollection };
  const registered = new Set(["gpu", "net"]);
  const news = new Bell();
  const stop = new AbortController();
  const plugins = {
    find: (type: string, name: string) =>
      registered.has(name) ? { type, name, endpoint: "", supportedVersions: [] } : undefined,
    changed: (signal: AbortSignal) => news.heard(signal),
  };
  const change = async (): Promise<void> => {
    news.ring();
    await clock.advance(1);
  };
  const options = { client, clock, log: silent, nodeName: "n1", plugins };
  const running = removeSlicesOfLost(options, stop.signal);
  await clock.advance(seconds(60));
  deepEqual(removed, []);
  registered.delete("gpu");
  await change();
  await clock.advance(seconds(20));
  registered.add("gpu");
  await change();
  await clock.advance(seconds(60));
  deepEqual(removed, [], "it was only replaced");
  registered.delete("net");
  await change();
  await clock.advance(seconds(29));
  deepEqual(removed, []);
  await clock.advance(seconds(2));
  deepEqual(removed, ["spec.nodeName=n1,spec.driver=net"]);
  stop.abort();
  await clock.advance(1);
  await running;
});
