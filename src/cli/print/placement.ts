/** Why a pod is where it is, for people: what it is about first, then the counts, nodes, what would help. */
import type {
  GroupPlacement,
  NodeVerdict,
  PodPlacement,
  Suggestion,
} from "#api/core/pod-placement.ts";
import { alignTabs, tableTabs } from "./tab-writer.ts";

interface Options {
  readonly showsAll: boolean;
}

const shownMax = 3;
const scoredMax = 5;

export function placementText(placement: PodPlacement, { showsAll }: Options): string {
  const most = showsAll ? Infinity : shownMax;
  return [
    ...headline(placement),
    ...(placement.counts.length > 0 ? ["", ...countLines(placement)] : []),
    ...refusedLines(placement, most),
    ...(placement.state === "Scheduled"
      ? scoreLines(placement, showsAll ? Infinity : scoredMax)
      : suggestionLines(placement)),
    "",
  ].join("\n");
}

function headline(placement: PodPlacement): readonly string[] {
  const { metadata, nodeName = "", schedulerName, waitsFor = [], nominatedNodeName } = placement;
  const { attempts = 0, message } = placement;
  const pod = `Pod ${metadata.namespace}/${metadata.name}`;
  const texts = {
    Scheduled: `${pod} is on node ${nodeName}.`,
    Waiting: `${pod} has no node: there are nodes that will do, but not for enough pods of its group at once.`,
    Schedulable: `${pod} has no node yet, but there are nodes that will do.`,
    Unschedulable: `${pod} has no node: none of ${placement.nodeCount} will do.`,
    Gated: `${pod} is not tried yet: it waits for ${waitsFor.join(", ")}.`,
    Unknown: `${pod} is no business of the scheduler here (its scheduler is ${schedulerName}).`,
  };
  return [
    texts[placement.state],
    ...groupLines(placement.group),
    ...(nominatedNodeName ? [`Room is being made for it on node ${nominatedNodeName}.`] : []),
    ...(attempts > 0 ? [`Tried ${attempts === 1 ? "once" : `${attempts} times`}.`] : []),
    ...(message && placement.state !== "Scheduled" ? [`The last answer: ${message}`] : []),
  ];
}

function groupLines(group: GroupPlacement | undefined): readonly string[] {
  if (!group) return [];
  const { name, minCount, pods, scheduled, lastTrial } = group;
  if (minCount === undefined) return [`Its pod group ${name} is not there.`];
  const size = `Its pod group ${name} gets nodes for ${minCount} pods at once: ${pods} are there, ${scheduled} have a node.`;
  if (!lastTrial) return [size];
  const { roomFor, tried, without } = lastTrial;
  const trial = `When ${tried} of them were tried together last, there was room for ${roomFor}`;
  return [size, without ? `${trial}, not for ${without.pod}: ${without.why}` : `${trial}.`];
}

function countLines({ counts, nodeCount }: PodPlacement): readonly string[] {
  const rows = counts.map(({ nodes, plugin = "", reason }) => `  ${nodes}\t${reason}\t${plugin}\n`);
  return [`Nodes: ${nodeCount}`, alignTabs(rows.join(""), tableTabs).trimEnd()];
}

/** A few nodes of each sort. */
function refusedLines({ nodes }: PodPlacement, most: number): readonly string[] {
  const sorts = Map.groupBy(
    nodes.filter(({ fits }) => !fits),
    ({ refusals }) => refusals.map(({ plugin, reasons }) => [plugin, ...reasons].join()).join(";"),
  );
  const lines = [...sorts.values()].flatMap((alike) => [
    ...alike.slice(0, most).flatMap(nodeLines),
    ...(alike.length > most ? [`  … and ${alike.length - most} more like these`] : []),
  ]);
  return lines.length > 0 ? ["", "What is in the way:", ...lines] : [];
}

const nodeLines = ({ name, refusals }: NodeVerdict): readonly string[] =>
  refusals.map(({ plugin, reasons, details }) => {
    const why = details.length > 0 ? details.join("; ") : reasons.join("; ");
    return `  ${name}: ${why} (${plugin})`;
  });

function suggestionLines({ suggestions, state }: PodPlacement): readonly string[] {
  if (suggestions.length > 0) return ["", "What would help:", ...suggestions.map(suggestionLine)];
  return state === "Unschedulable"
    ? ["", "No small change would help: it needs another node."]
    : [];
}

function suggestionLine({ changes, nodes, nodeCount }: Suggestion): string {
  const more = nodeCount > nodes.length ? ` and ${nodeCount - nodes.length} more` : "";
  return `  - ${changes.join(", and ")}: then ${nodes.join(", ")}${more} will do`;
}

function scoreLines({ nodes, nodeName }: PodPlacement, most: number): readonly string[] {
  const ranked = nodes
    .filter(({ score }) => score !== undefined)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  if (ranked.length === 0) return [];
  const shown = ranked.filter(({ name }, i) => i < most || name === nodeName);
  const plugins = Object.keys(ranked[0]?.scores ?? {});
  const head = ["NODE", "SCORE", ...plugins];
  const rows = shown.map(({ name, score = 0, scores = {} }) => [
    name === nodeName ? `${name} (here)` : name,
    String(score),
    ...plugins.map((plugin) => String(scores[plugin] ?? 0)),
  ]);
  const table = [head, ...rows].map((row) => `  ${row.join("\t")}\n`).join("");
  return ["", "How the nodes compare, as things are now:", alignTabs(table, tableTabs).trimEnd()];
}
