import { homedir } from "node:os";
import { defineCommand, type Shell } from "#cli/command.ts";
import { flag, UsageError } from "#cli/flags.ts";
import { colour, type Progress, progressOn } from "#cli/progress.ts";
import { addonsAreReady, installAddons } from "../addons.ts";
import { dataDir, findCluster, siteIn } from "../command-flags.ts";
import { serverUrl } from "../control-plane-url.ts";
import { besideMax } from "#sim/nodes/beside-real.ts";
import { deploy } from "../deploy.ts";
import { writeKubeconfig } from "../kubeconfig.ts";
import { launch, type Machine } from "../launch.ts";
import { obstacle } from "../preflight.ts";
import { ensureParts, settle, type Wishes } from "../prepare.ts";
import { readProject, type Project } from "../project.ts";
import { readKubeletFile, readServerFiles, serverFlags, serverSettings } from "../server-flags.ts";
import type { Settings } from "../settings.ts";

/** What the cluster has already; real ones when there is none yet. */
const asBefore = "as before";

/** Starts the cluster, or goes on with the one that is there. */
export const up = defineCommand({
  name: "up",
  usage: "[-f FOLDER|FILE]...",
  summary: "Start a cluster on this machine, and an application in it",
  details: `Installs what is missing, starts the control plane, a container runtime of its own and a node,
and makes the cluster the current context of your kubeconfig. Run again, it goes on where it was:
after a reboot, a crash, or k8ts down. With -f it builds the images that a k8ts.yaml in the folder
names, applies the manifests beside it, and waits until the application answers.`,
  examples: [
    "k8ts up                                # a cluster",
    "k8ts up -f examples/microservices      # a cluster with an application in it",
    "k8ts up --no-install                   # say what is missing instead of installing it",
    "k8ts up --simulated-nodes 1000         # beside the real one; see docs/guides/simulate.md",
    "k8ts up --nodes=simulated              # without containers: the API and everything around it",
  ],
  group: "cluster",
  flags: {
    filename: flag.list("a folder or a file with manifests to apply", {
      short: "f",
      value: "PATH",
      whole: true,
    }),
    "data-dir": dataDir,
    install: flag.switch("install missing system packages", { fallback: true }),
    "no-install": flag.switch("say how to install what is missing, and stop"),
    nodes: flag.oneOf([asBefore, "real", "simulated"], "real containers, or none", {
      fallback: asBefore,
      value: "real|simulated",
    }),
    "simulated-nodes": flag.int(
      "so many simulated nodes beside the others; as before when absent",
      {
        value: "N",
      },
    ),
    "node-name": flag.text("what the node is called", { value: "NAME" }),
    "node-address": flag.text("the address that others reach this machine at", { value: "IP" }),
    "api-port": flag.int("the port of the API server", { value: "PORT" }),
    "container-runtime-endpoint": flag.text("a CRI socket to use instead of our own containerd", {
      value: "SOCKET",
    }),
    ...serverFlags,
  },

  async run(shell, { args, flags }) {
    if (args.length > 0) throw new UsageError(`unexpected ${JSON.stringify(args[0])}: use -f`);
    const projects = await Promise.all(flags.filename.map(readProject));
    const progress = progressOn(shell.errors, shell.clock);
    const site = siteIn(flags["data-dir"], shell);
    const before = (await findCluster(site))?.settings;
    const apiServer = serverSettings(flags, { before: before?.apiServer, folder: shell.folder });
    await readServerFiles(apiServer, site.world);
    await readKubeletFile(apiServer, site.world);
    const settings = await settle(site, { ...wishesOf(flags, before), apiServer }, before);
    const machine = { ...site, settings };
    if (settings.nodes === "real")
      await ensureParts(machine, progress, flags.install && !flags["no-install"]);
    await bringUp(machine, { shell, progress, projects });
  },
});

interface UpFlags {
  readonly nodes: typeof asBefore | Settings["nodes"];
  readonly "simulated-nodes": number | undefined;
  readonly "node-name": string | undefined;
  readonly "node-address": string | undefined;
  readonly "api-port": number | undefined;
  readonly "container-runtime-endpoint": string | undefined;
}

/** Fails where the machine cannot have what is wanted. */
function wishesOf(flags: UpFlags, before: Settings | undefined): Wishes {
  const nodes = flags.nodes === asBefore ? (before?.nodes ?? "real") : flags.nodes;
  const hindrance = nodes === "real" ? obstacle() : undefined;
  if (hindrance !== undefined)
    throw new Error(`${hindrance}; without containers: k8ts up --nodes=simulated`);
  const simulatedNodes = flags["simulated-nodes"];
  if (simulatedNodes !== undefined && (simulatedNodes < 0 || simulatedNodes > besideMax))
    throw new UsageError(`--simulated-nodes is a number from 0 to ${besideMax}`);
  return {
    nodes,
    simulatedNodes,
    nodeName: flags["node-name"],
    nodeAddress: flags["node-address"],
    apiPort: flags["api-port"],
    runtimeEndpoint: flags["container-runtime-endpoint"]?.replace(/^unix:\/\//, ""),
  };
}

async function bringUp(
  machine: Machine,
  { shell, progress, projects }: { shell: Shell; progress: Progress; projects: readonly Project[] },
): Promise<void> {
  const launched = await launch(machine, progress);
  const path = shell.env["KUBECONFIG"]?.split(":")[0] || `${homedir()}/.kube/config`;
  await writeKubeconfig(machine, path);
  await progress.step("Addons", () => installAddons(machine, launched));
  const urls: string[] = [];
  for (const project of projects)
    urls.push(...(await deploy(project, { machine, launched }, progress)).urls);
  await progress.step("Names", () => addonsAreReady(machine, launched));
  shell.output.write(summary(machine, { shell, urls }));
}

function summary(
  { settings }: Machine,
  { shell, urls }: { shell: Shell; urls: readonly string[] },
): string {
  const bold = (text: string): string => colour(shell.output, 1, text);
  const lines = [
    "",
    `The cluster is up: ${serverUrl(settings)}, node ${settings.nodeName}.`,
    ...(urls.length > 0 ? ["", "Open:", ...urls.map((url) => `  ${bold(url)}`)] : []),
    "",
    "Try next:",
    "  kubectl get pods -A          (or: k8ts get pods -A)",
    ...(urls[0] ? [`  curl -k ${urls[0]}`] : ["  k8ts up -f examples/microservices"]),
    "  k8ts status",
    "  k8ts down                    stops it; k8ts up goes on, k8ts reset removes everything",
    "",
  ];
  return lines.join("\n");
}
