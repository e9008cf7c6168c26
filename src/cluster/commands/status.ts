import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { defineCommand, type Shell } from "#cli/command.ts";
import { colour } from "#cli/progress.ts";
import { dataDir, findCluster, siteIn, textOrJson } from "../command-flags.ts";
import { serverUrl } from "../control-plane-url.ts";
import { adminClient, type Machine, supervisorOf } from "../launch.ts";
import { memoryOf, serviceNames } from "../processes.ts";

interface Report {
  readonly server: string;
  readonly dataFolder: string;
  readonly processes: readonly ProcessReport[];
  /** Absent when the API server does not answer. */
  readonly api?: {
    readonly nodes: readonly { readonly name: string; readonly isReady: boolean }[];
    readonly pods: { readonly total: number; readonly ready: number };
  };
  readonly problem?: string;
}

interface ProcessReport {
  readonly name: string;
  readonly pid: number | undefined;
  readonly memoryBytes: number | undefined;
  /** It is started again when it dies. */
  readonly isSupervised: boolean;
}

/** Exit code 0 when everything runs, 3 when not (as systemd's `status`). */
export const status = defineCommand({
  name: "status",
  usage: "",
  summary: "Show what runs of the cluster on this machine",
  group: "cluster",
  flags: {
    "data-dir": dataDir,
    output: textOrJson,
  },

  async run(shell, { flags }) {
    const site = siteIn(flags["data-dir"], shell);
    const machine = await findCluster(site);
    if (!machine) {
      shell.output.write(`There is no cluster in ${site.places.data}. Start one with: k8ts up\n`);
      return 3;
    }
    const report = await examine(machine);
    shell.output.write(
      flags.output === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : asText(report, shell),
    );
    const isUp = report.api !== undefined && report.processes.every(({ pid }) => pid !== undefined);
    return isUp ? 0 : 3;
  },
});

async function examine(machine: Machine): Promise<Report> {
  const { places, settings } = machine;
  const services = supervisorOf(machine);
  const processes = await Promise.all(
    serviceNames(settings).map(async (name): Promise<ProcessReport> => {
      const { pid, supervisor } = await services.state(name);
      const memoryBytes = pid === undefined ? undefined : await memoryOf(pid);
      return { name, pid, memoryBytes, isSupervised: supervisor !== undefined };
    }),
  );
  const report = { server: serverUrl(settings), dataFolder: places.data, processes };
  try {
    return { ...report, api: await askApi(machine) };
  } catch (cause) {
    return { ...report, problem: `the API server does not answer: ${(cause as Error).message}` };
  }
}

async function askApi(machine: Machine): Promise<NonNullable<Report["api"]>> {
  const client = await adminClient(machine);
  const [nodes, pods] = await Promise.all([client.list(Node), client.list(Pod)]);
  return {
    nodes: nodes.items.map(({ metadata, status: { conditions } }) => ({
      name: metadata.name ?? "",
      isReady: isConditionTrue(conditions, "Ready"),
    })),
    pods: { total: pods.items.length, ready: pods.items.filter(isPodReady).length },
  };
}

function asText(
  { server, dataFolder, processes, api, problem }: Report,
  { output }: Shell,
): string {
  const good = (is: boolean, text: string): string => colour(output, is ? 32 : 31, text);
  const rows = processes.map(({ name, pid, memoryBytes, isSupervised }) => {
    const state = pid === undefined ? good(false, "stopped") : good(true, "running");
    const details = pid === undefined ? "" : `pid ${pid}, ${megabytes(memoryBytes)}`;
    return `  ${name.padEnd(14)} ${state}  ${details}${isSupervised ? "" : " (not supervised)"}`;
  });
  const nodes = (api?.nodes ?? []).map(
    ({ name, isReady }) => `  ${name.padEnd(14)} ${good(isReady, isReady ? "ready" : "not ready")}`,
  );
  return [
    `Server   ${server}`,
    `Data     ${dataFolder}`,
    "Processes",
    ...rows,
    ...(api ? ["Nodes", ...nodes, `Pods     ${api.pods.ready} of ${api.pods.total} ready`] : []),
    ...(problem ? [good(false, problem)] : []),
    "",
  ].join("\n");
}

const megabytes = (bytes = 0): string => `${Math.round(bytes / 1_000_000)} MB`;
