/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/top */
import { Node } from "#api/core/node.ts";
import { quantityOf, zeroQuantity, type Quantity } from "#base/quantity.ts";
import { groupPath } from "#client/paths.ts";
import { defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { alignTabs, tableTabs } from "../print/tab-writer.ts";
import type { Manifest, ManifestList } from "../resources/manifest.ts";
import { ask } from "../resources/rest.ts";
import { selectionFlags } from "../resources/select.ts";
import { openSession, type Session } from "../session.ts";

interface Usage {
  readonly cpu?: string;
  readonly memory?: string;
}

type Metrics = Manifest & {
  readonly usage?: Usage;
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
};

const types: Readonly<Record<string, "nodes" | "pods">> = {
  node: "nodes",
  nodes: "nodes",
  no: "nodes",
  pod: "pods",
  pods: "pods",
  po: "pods",
};

export const top = defineCommand({
  name: "top",
  usage: "(node | pod) [NAME | -l SELECTOR]",
  summary: "Show what nodes and pods use of processors and memory",
  examples: ["k8ts top node", "k8ts top pod -A"],
  group: "debug",
  flags: {
    ...selectionFlags,
    "no-headers": flag.switch("leave out the column headers"),
    containers: flag.switch("show what each container of a pod uses"),
  },

  async run(shell, call) {
    const [type = "", name] = call.args;
    const plural = types[type];
    if (!plural) throw new UsageError(`top needs one of: node, pod`);
    const session = await openSession(shell, call);
    const items = await metricsOf(session, plural, { ...call.flags, name });
    const isEverywhere = plural === "pods" && call.flags["all-namespaces"];
    const table =
      plural === "nodes"
        ? nodeTable(items, await allocatable(session))
        : podTable(items, { isEverywhere, hasContainers: call.flags.containers });
    const all = call.flags["no-headers"] ? table.slice(1) : table;
    shell.output.write(alignTabs(all.map((row) => `${row.join("\t")}\n`).join(""), tableTabs));
  },
});

type Table = readonly (readonly string[])[];

type Capacity = ReadonlyMap<string, Usage>;

async function allocatable({ client, shell }: Session): Promise<Capacity> {
  const { items } = await client.list(Node, { signal: shell.signal });
  return new Map(
    items.map(({ metadata, status }) => [metadata.name ?? "", status.allocatable ?? {}]),
  );
}

/** exact: kubectl */
function nodeTable(items: readonly Metrics[], capacity: Capacity): Table {
  const rows = items.map(({ metadata: { name = "" }, usage = {} }) => {
    const { cpu, memory } = capacity.get(name) ?? {};
    const [cpuText = "", memoryText = ""] = usageTexts(usage);
    const shares = [shareOf(usage.cpu, cpu), shareOf(usage.memory, memory)] as const;
    return [name, cpuText, shares[0], memoryText, shares[1]];
  });
  return [["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"], ...rows];
}

function shareOf(used: string | undefined, all: string | undefined): string {
  const total = quantityOf(all ?? "0").milliValue();
  if (total === 0) return "<unknown>";
  return `${Math.trunc((quantityOf(used ?? "0").milliValue() / total) * 100)}%`;
}

interface PodTable {
  readonly isEverywhere: boolean;
  readonly hasContainers: boolean;
}

/** exact: kubectl */
function podTable(items: readonly Metrics[], { isEverywhere, hasContainers }: PodTable): Table {
  const headers = [...(hasContainers ? ["POD", "NAME"] : ["NAME"]), "CPU(cores)", "MEMORY(bytes)"];
  const rows = items.flatMap(({ metadata, containers = [] }) => {
    const { namespace = "", name = "" } = metadata;
    const lines = hasContainers
      ? containers.map((container) => [name, container.name, ...usageTexts(container.usage)])
      : [[name, ...usageTexts(...containers.map(({ usage }) => usage))]];
    return isEverywhere ? lines.map((line) => [namespace, ...line]) : lines;
  });
  return [isEverywhere ? ["NAMESPACE", ...headers] : headers, ...rows];
}

interface Wanted {
  readonly name: string | undefined;
  readonly selector: string;
  readonly "all-namespaces": boolean;
}

async function metricsOf(
  session: Session,
  plural: "nodes" | "pods",
  wanted: Wanted,
): Promise<readonly Metrics[]> {
  const group = "metrics.k8s.io";
  const { resources } = await session.discovered();
  const found = resources.find(({ kind }) => kind.group === group && kind.plural === plural);
  if (!found) throw new Error("Metrics API not available"); // exact: kubectl
  const isInside = plural === "pods" && !wanted["all-namespaces"];
  const place = isInside ? `/namespaces/${session.namespace}` : "";
  const path = `${groupPath(found.kind)}${place}/${plural}`;
  if (wanted.name !== undefined)
    return [await ask<Metrics>(session, { method: "GET", path: `${path}/${wanted.name}` })];
  const query = { labelSelector: wanted.selector };
  return (await ask<ManifestList>(session, { method: "GET", path, query })).items;
}

function usageTexts(...all: readonly Usage[]): readonly string[] {
  const cpu = sum(all.map((one) => one.cpu));
  const memory = sum(all.map((one) => one.memory));
  return [`${cpu.milliValue()}m`, `${Math.trunc(memory.value() / 2 ** 20)}Mi`];
}

const sum = (amounts: readonly (string | undefined)[]): Quantity =>
  amounts.reduce((total, text) => total.add(quantityOf(text ?? "0")), zeroQuantity);
