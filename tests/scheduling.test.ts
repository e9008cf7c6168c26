/** The scheduler as a user meets it: its configuration file, a plugin of his own, `k8ts why`. */
import { match, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { clusterOn, eventually } from "./cluster.ts";
import { testMachine } from "./machine.ts";

const example = "examples/scheduler-plugin/scheduler.yaml";

test("a plugin from a module keeps pods away, and why tells its numbers", async () => {
  await using machine = await testMachine();
  await using cluster = await clusterOn(machine);
  const wrong = `${cluster.data}-scheduler.yaml`;
  await writeFile(
    wrong,
    "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfguration\n",
  );
  await rejects(
    cluster.k8ts(["up", "--nodes=simulated", `--scheduler-config=${wrong}`]),
    /-scheduler\.yaml:2:7: kind: Unsupported value: .*; did you mean "KubeSchedulerConfiguration"\?/,
  );
  await cluster.k8ts(["up", "--nodes=simulated", `--scheduler-config=${example}`]);
  for (const name of ["a", "b", "c", "d"])
    await cluster.kubectl(["run", name, "--image=nginx", "--overrides={}"]);
  const text = await eventually(async () => {
    const told = await cluster.k8ts(["why", "pod/d"]);
    match(told, /QuietNodes/);
    return told;
  });
  match(text, /Pod default\/d has no node: none of 1 will do\./);
  match(text, /has 3 pods, 3 are too many \(QuietNodes\)/);
  match(await cluster.kubectl("get events"), /1 node\(s\) were not quiet/);
  await cluster.kubectl("delete pod a b --now");
  await eventually(async () =>
    match(await cluster.k8ts(["why", "pod/d"]), /Pod default\/d is on node/),
  );
  match(await cluster.k8ts(["why", "--help"]), /k8ts why pod/);
  match(await cluster.k8ts(["why", "pod/d", "--output=json"]), /"kind": "PodPlacement"/);
});
