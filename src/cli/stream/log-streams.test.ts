import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { kubeletOf, run, serverWith } from "./testing.ts";

const three = {
  initContainers: [{ name: "setup", image: "i" }],
  containers: [
    { name: "app", image: "i" },
    { name: "side", image: "i" },
  ],
};
const labels = { app: "web" };

const lines = (path: string): string =>
  path.split("?")[0]!.split("/").slice(-2).join("/").replace(/.*/, "$&: one\n$&: two");

test("options go to the kubelet as they were given", async () => {
  const kubelet = kubeletOf({ log: () => "" });
  const server = await serverWith(kubelet, { name: "web" });
  const flags = "--tail=0 --since=90s --timestamps -p --limit-bytes=9 -f --since-time=".split(" ");
  await run(server, ["logs", "web", ...flags]);
  await run(server, ["logs", "web", "app", "--since-time=2030-01-01T02:00:00+01:00"]);
  deepEqual(kubelet.asked, [
    "/containerLogs/default/web/app?follow=true&previous=true&sinceSeconds=90&timestamps=true&tailLines=0&limitBytes=9",
    "/containerLogs/default/web/app?sinceTime=2030-01-01T01%3A00%3A00Z",
  ]);
});

test("all containers, in the order in which they start, each line with its source", async () => {
  const server = await serverWith(kubeletOf({ log: lines }), { name: "web", spec: three });
  const { output } = await run(server, ["logs", "web", "--all-containers", "--prefix"]);
  equal(
    output,
    [
      "[pod/web/setup] web/setup: one",
      "[pod/web/setup] web/setup: two[pod/web/app] web/app: one",
      "[pod/web/app] web/app: two[pod/web/side] web/side: one",
      "[pod/web/side] web/side: two",
    ].join("\n"),
  );
});

test("a selector means ten lines of every pod that it fits", async () => {
  const kubelet = kubeletOf({ log: () => "line\n" });
  const server = await serverWith(
    kubelet,
    { name: "a", labels },
    { name: "b", labels, spec: three },
    { name: "c" },
  );
  const ran = await run(server, ["logs", "-l", "app=web"]);
  equal(ran.output, "line\nline\n");
  equal(ran.errors, 'Defaulted container "app" out of: app, side, setup (init)\n');
  deepEqual(kubelet.asked, [
    "/containerLogs/default/a/app?tailLines=10",
    "/containerLogs/default/b/app?tailLines=10",
  ]);
  equal(
    (await run(server, ["logs", "-l", "app=none"])).errors,
    "No resources found in default namespace.\n",
  );
});

test("too many to follow are refused, and one that fails ends the others unless it may", async () => {
  const log = (path: string) => (path.includes("/side") ? 500 : "fine\n");
  const server = await serverWith(kubeletOf({ log }), { name: "web", spec: three });
  const all = ["logs", "-f", "web", "--all-containers"];
  match(
    (await run(server, [...all, "--max-log-requests=2"])).errors,
    /^error: you are attempting to follow 3 log streams, but maximum allowed concurrency is 2/,
  );
  const failed = await run(server, all);
  deepEqual(
    [failed.code, failed.errors],
    [1, "Error from server (InternalError): Internal error occurred: broken\n"],
  );
  const patient = await run(server, [...all, "--ignore-errors"]);
  equal(patient.code, 0);
  match(patient.output, /error: Error from server \(InternalError\): Internal error/);
  equal(patient.output.match(/fine\n/g)?.length, 2);
});

const refusals = [
  [["logs"], /^error: expected 'logs \[-f\] \[-p\] \(POD \| TYPE\/NAME\) \[-c CONTAINER\]'/],
  [["logs", "web", "-l", "a=b"], /^error: only a selector \(-l\) or a POD name is allowed/],
  [
    ["logs", "nope"],
    /^error: error from server \(NotFound\): pods "nope" not found in namespace "default"/,
  ],
  [["logs", "web", "-c", "x"], /container x is not valid for pod web out of: app\n/],
  [["logs", "web", "--tail=-2"], /--tail must be greater than or equal to -1/],
  [["logs", "web", "app", "--all-containers"], /should not be specified with container name app/],
  [["logs", "web", "--since-time=noon"], /parsing time "noon"/],
] as const;
for (const [line, why] of refusals) {
  test(`${line.join(" ")} is refused`, async () => {
    const server = await serverWith(kubeletOf({}), { name: "web" });
    const { code, errors } = await run(server, line);
    equal(code, 1);
    match(errors, why);
  });
}
