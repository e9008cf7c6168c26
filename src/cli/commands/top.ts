/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/top */
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
  readonly containers?: readonly { readonly usage: Usage }[];
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
  },

  async run(shell, call) {
    const [type = "", name] = call.args;
    const plural = types[type];
    if (!plural) throw new UsageError(`top needs one of: node, pod`);
    const session = await openSession(shell, call);
    const items = await metricsOf(session, plural, { ...call.flags, name });
    const isEverywhere = plural === "pods" && call.flags["all-namespaces"];
    const headers = ["NAME", "CPU(cores)", "MEMORY(bytes)"];
    const rows = items.map((item) => {
      const cells = [item.metadata.name ?? "", ...usageTexts(item)];
      return isEverywhere ? [item.metadata.namespace ?? "", ...cells] : cells;
    });
    const head = isEverywhere ? ["NAMESPACE", ...headers] : headers;
    const all = call.flags["no-headers"] ? rows : [head, ...rows];
    shell.output.write(alignTabs(all.map((row) => `${row.join("\t")}\n`).join(""), tableTabs));
  },
});

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

function usageTexts({ usage, containers = [] }: Metrics): readonly string[] {
  const all = usage ? [usage] : containers.map((container) => container.usage);
  const cpu = sum(all.map((one) => one.cpu));
  const memory = sum(all.map((one) => one.memory));
  return [`${cpu.milliValue()}m`, `${Math.trunc(memory.value() / 2 ** 20)}Mi`];
}

const sum = (amounts: readonly (string | undefined)[]): Quantity =>
  amounts.reduce((total, text) => total.add(quantityOf(text ?? "0")), zeroQuantity);
