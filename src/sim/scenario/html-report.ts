/** A life as one page that needs nothing but itself: plots, numbers, and what happened when. */
import { chartSvg, type Chart, escaped, type Mark } from "./chart.ts";
import type { Happening, Life } from "./run.ts";
import { spanText } from "./summary.ts";

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6676; --grid: #dfe4ea; --back: #fff; --mark: #b4690e;
  --c0: #1f6feb; --c1: #d97706; --c2: #9333ea; --c3: #dc2626; --c4: #15803d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf2; --soft: #9aa6b6; --grid: #2b3440; --back: #12171e; --mark: #e3a04f;
  --c0: #6cb0ff; --c1: #f5b04c; --c2: #c896ff; --c3: #ff8080; --c4: #5fd68b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.lead { color: var(--soft); margin: 0 0 1.5rem; }
dl { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 0 0 1.5rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 1.75rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
figcaption small { color: var(--soft); font-weight: 400; }
.key { font-weight: 400; font-size: .85rem; margin-left: 1rem; white-space: nowrap; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin-right: .35em; background: currentColor; }
svg { width: 100%; height: auto; display: block; }
.tick { font-size: 12px; fill: var(--soft); } .grid { stroke: var(--grid); }
.mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 3 3; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke: currentColor; }
${[0, 1, 2, 3, 4].map((i) => `.c${i} { color: var(--c${i}); }`).join(" ")}
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
`;

/** More would make the table longer than anybody reads; the JSON has them all. */
const rowsMax = 200;
/** With more of them the plots would be striped. */
const marksMax = 30;

export function htmlReport(title: string, life: Life): string {
  const { series, steps, nodes, durationMs, seed, totals } = life;
  const { atMs } = series;
  const { rare, frequent } = bySort(steps);
  const marks = rare.map(markOf);
  const numbers: readonly (readonly [string, string])[] = [
    ["pods created", count(totals.created)],
    ["pods started", count(totals.started)],
    ["restarts", count(totals.restarts)],
    ["to be scheduled, p99", seconds(totals.scheduling.p99Ms)],
    ["to run, p50", seconds(totals.startup.p50Ms)],
    ["to run, p99", seconds(totals.startup.p99Ms)],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="lead">${spanText(durationMs)} of ${count(nodes)} simulated nodes, seed ${seed}. Dashed lines are steps of the scenario.</p>
<dl>${numbers.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>
${chartsOf(life)
  .map((chart) => chartSvg(chart, { atMs, marks }))
  .join("\n")}
<h2>What happened</h2>
${stepsTable(rare)}
${frequent.map(([step, times]) => `<p>${escaped(step)}: ${count(times)} times</p>`).join("")}
</body>
</html>
`;
}

function chartsOf({ series }: Life): readonly Chart[] {
  const percent = (column: readonly number[]): readonly number[] => column.map((x) => x * 100);
  const inSeconds = (column: readonly number[]): readonly number[] => column.map((x) => x / 1_000);
  return [
    {
      title: "Pods",
      unit: "pods at a time",
      lines: [
        { name: "ready", values: series.podsReady },
        { name: "starting", values: series.podsStarting },
        { name: "waiting for a node", values: series.podsPending },
        { name: "failed", values: series.podsFailed },
        { name: "succeeded", values: series.podsSucceeded },
      ],
    },
    { title: "Nodes ready", unit: "nodes", lines: [{ name: "ready", values: series.nodesReady }] },
    {
      title: "Requested",
      unit: "% of what ready nodes can give",
      lines: [
        { name: "CPU", values: percent(series.cpuShare) },
        { name: "memory", values: percent(series.memoryShare) },
      ],
    },
    {
      title: "From created to running",
      unit: "seconds",
      lines: [
        { name: "p50", values: inSeconds(series.startupP50Ms) },
        { name: "p99", values: inSeconds(series.startupP99Ms) },
      ],
    },
    {
      title: "Pods started",
      unit: "since the sample before",
      lines: [{ name: "started", values: series.started }],
    },
  ];
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** What happens all the time is no news: it is counted only. */
function bySort(steps: readonly Happening[]) {
  const often = new Map<string, number>();
  for (const { step } of steps) often.set(step, (often.get(step) ?? 0) + 1);
  const isRare = (step: string): boolean => (often.get(step) ?? 0) <= marksMax;
  return {
    rare: steps.filter(({ step }) => isRare(step)),
    frequent: [...often].filter(([step]) => !isRare(step)),
  };
}

const markOf = ({ atMs, step, detail }: Happening): Mark => ({ atMs, label: `${step}: ${detail}` });

function stepsTable(steps: readonly Happening[]): string {
  const rows = steps
    .slice(0, rowsMax)
    .map(
      ({ atMs, step, detail }) =>
        `<tr><td>${clockText(atMs)}</td><td>${escaped(step)}</td><td>${escaped(detail)}</td></tr>`,
    );
  const rest = steps.length - rows.length;
  const more = rest > 0 ? `<p>… and ${count(rest)} more.</p>` : "";
  return `<table><thead><tr><th>time</th><th>step</th><th>what</th></tr></thead><tbody>${rows.join("")}</tbody></table>${more}`;
}

function clockText(ms: number): string {
  const total = Math.floor(ms / 60_000);
  const [days, hours, minutes] = [
    Math.floor(total / 1_440),
    Math.floor(total / 60) % 24,
    total % 60,
  ];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${days > 0 ? `day ${days}, ` : ""}${two(hours)}:${two(minutes)}`;
}
