/** Requests that must be refused, each with the Status it gets, by a server that has some objects. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { ApiHandler, ApiResponse, Method } from "#api/request.ts";
import type { Status } from "#api/meta/status.ts";
import { memoryStore } from "#store/backends/memory.ts";
import { startSecureServer } from "../subresources/testing.ts";
import { bodyOf, type Loose, type TestCall, type TestClock, testRequest } from "../testing.ts";

export const core = "/api/v1/namespaces/default";
export const maps = `${core}/configmaps`;
export const map = `${maps}/a`;
export const pods = `${core}/pods`;
export const deployments = "/apis/apps/v1/namespaces/default/deployments";
export const web = `${deployments}/web`;

export const protobuf = "application/vnd.kubernetes.protobuf";
export const yaml = "application/yaml";

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "web:1" }] },
};
const objects: readonly [collection: string, object: object][] = [
  [maps, { metadata: { name: "a" }, data: { x: "1" } }],
  [pods, { metadata: { name: "p" }, spec: template.spec }],
  [
    deployments,
    { metadata: { name: "web" }, spec: { selector: { matchLabels: { app: "web" } }, template } },
  ],
];

export interface World {
  readonly send: (method: Method, target: string, call?: TestCall) => Promise<ApiResponse>;
  readonly ask: (method: Method, target: string, call?: TestCall) => Promise<Loose>;
  readonly handle: ApiHandler;
  readonly clock: TestClock;
  readonly revision: () => number;
  /** Everything that is stored, as bytes. */
  readonly contents: () => Promise<readonly string[]>;
}

export async function startWorld(): Promise<World> {
  const store = memoryStore();
  const { server, clock } = await startSecureServer({ store });
  const send: World["send"] = async (method, target, call) =>
    server.handle(testRequest(method, target, call));
  const ask: World["ask"] = async (...request) => bodyOf(await send(...request));
  for (const [collection, object] of objects) {
    equal((await send("POST", collection, { body: object })).status, 201);
  }
  const contents = async (): Promise<readonly string[]> => {
    const { entries } = await store.range({ prefix: "/" });
    return entries.map(({ key, value }) => `${key} ${Buffer.from(value).toString("latin1")}`);
  };
  return { send, ask, handle: server.handle, clock, revision: () => store.revision(), contents };
}

export type Refusal = readonly [code: number, reason: string, message: string | RegExp];

export interface Row {
  readonly what: string;
  readonly send: readonly [method: Method, target: string, call?: TestCall];
  readonly says: Refusal;
}

/** A test for each; one world for all of them, as none may change it. */
export function refuses(rows: readonly Row[]): void {
  const starting = startWorld();
  for (const { what, send, says } of rows) {
    void test(what, async () => {
      const world = await starting;
      const before = await world.contents();
      const response = await world.send(...send);
      const status: Status = bodyOf(response);
      const [code, reason, message] = says;
      deepEqual([response.status, status.kind, status.status], [code, "Status", "Failure"]);
      deepEqual([status.code, status.reason], [code, reason], String(status.message));
      if (typeof message === "string") equal(status.message, message);
      else match(status.message ?? "", message);
      deepEqual(await world.contents(), before, "it changed something");
    });
  }
}

/** 400 is what most of them get. */
export const bad = (message: string | RegExp): Refusal => [400, "BadRequest", message];
