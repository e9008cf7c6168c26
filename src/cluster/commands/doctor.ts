import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { defineCommand } from "#cli/command.ts";
import { colour } from "#cli/progress.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { dataDir, findCluster, siteIn, textOrJson } from "../command-flags.ts";
import { mayLowerOomScore } from "../containerd.ts";
import { adminClient, ctrOf, type Machine, supervisorOf } from "../launch.ts";
import { missingParts, networkParts, obstacle, runtimeParts } from "../preflight.ts";
import { serviceNames } from "../processes.ts";
import type { Settings } from "../settings.ts";

/** What was looked at, and what to do about it when it is not as it should be. */
interface Finding {
  readonly check: string;
  readonly state: "good" | "bad" | "note";
  readonly detail?: string;
  readonly remedy?: string;
}

type Check = (machine: Machine) => Promise<readonly Finding[]>;

/** Exit code 1 when something is wrong. */
export const doctor = defineCommand({
  name: "doctor",
  usage: "",
  summary: "Examine the machine and the cluster, and say what is wrong and what would help",
  group: "cluster",
  flags: {
    "data-dir": dataDir,
    output: textOrJson,
  },

  async run(shell, { flags }) {
    const machine = await findCluster(siteIn(flags["data-dir"], shell));
    const findings = [...(await examineSystem(machine?.settings))];
    if (machine)
      for (const check of clusterChecks) findings.push(...(await guarded(check, machine)));
    else findings.push({ check: "cluster", state: "note", detail: "none yet", remedy: "k8ts up" });
    const marks = {
      good: colour(shell.output, 32, "✓"),
      bad: colour(shell.output, 31, "✗"),
      note: "·",
    };
    for (const { check, state, detail, remedy } of flags.output === "text" ? findings : []) {
      shell.output.write(`${marks[state]} ${check}${detail ? `: ${detail}` : ""}\n`);
      if (remedy && state !== "good") shell.output.write(`    ${remedy}\n`);
    }
    if (flags.output === "json") shell.output.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    return findings.some(({ state }) => state === "bad") ? 1 : 0;
  },
});

/** A check that cannot even be made is a finding too. */
async function guarded(check: Check, machine: Machine): Promise<readonly Finding[]> {
  try {
    return await check(machine);
  } catch (cause) {
    return [{ check: check.name, state: "bad", detail: (cause as Error).message }];
  }
}

async function examineSystem(settings: Settings | undefined): Promise<readonly Finding[]> {
  if (settings?.nodes === "simulated") return [];
  const hindrance = obstacle();
  const missing = await missingParts([...runtimeParts, ...networkParts]);
  const oom = mayLowerOomScore(await readFile("/proc/self/status", "utf8").catch(() => ""));
  const forwarding = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8").catch(() => "");
  return [
    hindrance
      ? {
          check: "real containers",
          state: "bad",
          detail: hindrance,
          remedy: "k8ts up --nodes=simulated",
        }
      : { check: "real containers", state: "good" },
    missing.length > 0
      ? {
          check: "system parts",
          state: "bad",
          detail: `missing: ${missing.map(({ name }) => name).join(", ")}`,
          remedy: "k8ts up installs them on Debian and Ubuntu",
        }
      : { check: "system parts", state: "good" },
    oom
      ? { check: "out-of-memory scores", state: "good" }
      : {
          check: "out-of-memory scores",
          state: "note",
          detail: "may not be lowered here (no CAP_SYS_RESOURCE); containerd is told",
        },
    {
      check: "IP forwarding",
      state: "note",
      detail: forwarding.trim() === "1" ? "on" : "off; k8ts up turns it on",
    },
  ];
}

async function runs(machine: Machine): Promise<readonly Finding[]> {
  const services = supervisorOf(machine);
  return Promise.all(
    serviceNames(machine.settings).map(async (name): Promise<Finding> => {
      const { pid, supervisor } = await services.state(name);
      const check = `process ${name}`;
      const log = `${machine.places.logs}/${name}.log`;
      if (pid === undefined)
        return { check, state: "bad", detail: "not running", remedy: `k8ts up; its log: ${log}` };
      if (supervisor === undefined)
        return { check, state: "bad", detail: "nobody would start it again", remedy: "k8ts up" };
      return { check, state: "good" };
    }),
  );
}

/** Who sits on the API server's port while our process is down? */
async function portIsOurs(machine: Machine): Promise<readonly Finding[]> {
  const { pid } = await supervisorOf(machine).state("control-plane");
  const { apiPort } = machine.settings;
  if (pid !== undefined || !(await isTaken(apiPort))) return [];
  return [
    {
      check: `port ${apiPort}`,
      state: "bad",
      detail: "another program listens there",
      remedy: `stop it, or use k8ts up --api-port=${apiPort + 1}`,
    },
  ];
}

function isTaken(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ port, host: "127.0.0.1" });
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function runtimeAnswers(machine: Machine): Promise<readonly Finding[]> {
  if (machine.settings.nodes === "simulated") return [];
  const images = await ctrOf(machine).images();
  return [{ check: "container runtime", state: "good", detail: `${images.length} images` }];
}

async function objectsAreWell(machine: Machine): Promise<readonly Finding[]> {
  const client = await adminClient(machine);
  const [nodes, pods] = await Promise.all([client.list(Node), client.list(Pod)]);
  const waiting = pods.items.filter((pod) => !isPodReady(pod) && pod.status.phase !== "Succeeded");
  const names = waiting.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const silent = nodes.items.flatMap(({ metadata, status: { conditions = [] } }) =>
    conditions
      .filter(({ type, status }) => (type === "Ready") !== (status === "True"))
      .map(({ type, message }) => `${metadata.name}: ${type}: ${message ?? ""}`),
  );
  return [
    { check: "API server", state: "good" },
    silent.length > 0
      ? { check: "nodes", state: "bad", detail: silent.join("; "), remedy: "k8ts describe node" }
      : { check: "nodes", state: "good" },
    names.length > 0
      ? {
          check: "pods",
          state: "note",
          detail: `not ready: ${names.slice(0, 5).join(", ")}`,
          remedy: `k8ts describe pod -n ${waiting[0]?.metadata.namespace} ${waiting[0]?.metadata.name}`,
        }
      : { check: "pods", state: "good" },
  ];
}

const clusterChecks: readonly Check[] = [runs, portIsOurs, runtimeAnswers, objectsAreWell];
