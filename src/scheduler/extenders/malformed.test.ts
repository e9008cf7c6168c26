/** Extenders that answer nonsense, over real sockets: whatever it is, the error names them. */
import { match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { httpClient } from "#host/http-client.ts";
import { VirtualClock } from "#sim/clock.ts";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import { Extender } from "./extender.ts";

const victim = podOf("small", { on: "a" });
const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b")], [victim]);
const pod = snapshot.podInfos.of(podOf("web"));
const { nodes } = snapshot;
const [first] = nodes;
const [small] = first?.pods ?? [];

/** Asked for each of the four, it answers as `answer` does. */
async function asking(
  verb: "filter" | "prioritize" | "preempt" | "bind",
  answer: (response: ServerResponse) => void,
): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => answer(response));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  using client = httpClient();
  const stop = new AbortController();
  const settings = {
    urlPrefix: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    filterVerb: "filter",
    prioritizeVerb: "prioritize",
    preemptVerb: "preempt",
    bindVerb: "bind",
    weight: 1,
    isNodeCacheCapable: true,
    isIgnorable: false,
    timeoutMs: 5_000,
    managedResources: new Set<string>(),
  };
  const ports = { clock: new VirtualClock(), http: client, signal: stop.signal };
  const extender = new Extender(settings, ports);
  try {
    if (verb === "filter") await extender.filter(pod, nodes);
    if (verb === "prioritize") await extender.prioritize(pod, nodes);
    if (verb === "preempt" && first && small)
      await extender.preempt(pod, [{ node: first, victims: [small], violations: 0 }]);
    if (verb === "bind" && first) await extender.bind({ pod, node: first });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const says = (body: string) => (response: ServerResponse) => void response.end(body);

describe("an extender that answers", () => {
  for (const [name, verb, answer, message] of [
    ["no JSON", "filter", says("<html>busy</html>"), /Post ".*\/filter": .*JSON/],
    ["nothing at all", "filter", says(""), /Post ".*\/filter": .*JSON/],
    ["half of it", "filter", says('{"NodeNames": ["a"'), /Post ".*\/filter": .*JSON/],
    ["a list", "filter", says("[]"), /extender ".*": the answer is not an object/],
    ["a number", "bind", says("5"), /extender ".*": the answer is not an object/],
    [
      "names that are none",
      "filter",
      says('{"NodeNames": {"a": true}}'),
      /extender ".*": the answer's NodeNames is not a list/,
    ],
    [
      "reasons that are none",
      "filter",
      says('{"NodeNames": [], "FailedNodes": {"a": 5}}'),
      /extender ".*": the answer's FailedNodes is not an object of strings/,
    ],
    [
      "an error that is none",
      "bind",
      says('{"Error": {"code": 5}}'),
      /extender ".*": the answer's Error is not a string/,
    ],
    ["an object of scores", "prioritize", says("{}"), /extender ".*": the answer is not a list/],
    [
      "scores with fractions",
      "prioritize",
      says('[{"Host": "a", "Score": 1.5}]'),
      /extender ".*": the answer's Score is not an integer/,
    ],
    [
      "victims that are none",
      "preempt",
      says('{"NodeNameToMetaVictims": {"a": {"Pods": "all"}}}'),
      /extender ".*": the answer's Pods is not a list/,
    ],
    [
      "victims on another node",
      "preempt",
      says('{"NodeNameToMetaVictims": {"z": {"Pods": [{"UID": "u"}]}}}'),
      /extender ".*": nodeinfo not found for node name "z"/,
    ],
    [
      "no victims",
      "preempt",
      says('{"NodeNameToMetaVictims": {"a": {"Pods": []}}}'),
      /extender ".*": expected at least one victim pod on node "a"/,
    ],
    [
      "victims that nobody knows",
      "preempt",
      says('{"NodeNameToMetaVictims": {"a": {"Pods": [{"UID": "u"}]}}}'),
      /extender: .* claims to preempt pod \(UID: u\) on node: a, but the pod is not found on that node/,
    ],
    [
      "with an error of HTTP",
      "bind",
      (response: ServerResponse) => void response.writeHead(503).end("later"),
      /failed bind with extender at URL .*\/bind, code 503/,
    ],
    [
      "elsewhere",
      "filter",
      (response: ServerResponse) => void response.writeHead(302, { location: "/" }).end(),
      /failed filter with extender at URL .*\/filter, code 302/,
    ],
    [
      "and breaks off",
      "filter",
      (response: ServerResponse) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
        setImmediate(() => response.destroy());
      },
      /Post ".*\/filter": ./,
    ],
  ] as const)
    test(name, async () => {
      await rejects(asking(verb, answer), (cause: Error) => {
        match(cause.message, message);
        match(cause.message, /127\.0\.0\.1/);
        return true;
      });
    });
});
