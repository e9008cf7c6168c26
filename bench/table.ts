/** Rows as one Markdown table, a line at a time: what is on the screen can go to docs/bench.md. */
import type { Row } from "./case.ts";

const widths = [30, 14, 8, 10, 60] as const;

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;

export const tableHead = (): readonly string[] => [
  line(["measure", "value", "of raw", "goal", "detail"]),
  line(widths.map((width) => "-".repeat(width))),
];

export const tableLine = ({ measure, value, unit, ofRaw, goal, detail = "" }: Row): string =>
  line([
    `${measure}, ${unit}`,
    numberText(value),
    ofRaw === undefined ? "" : ofRaw.toFixed(2),
    goalText(goal),
    detail,
  ]);

function numberText(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(2);
}

function goalText(goal: Row["goal"]): string {
  if (!goal) return "";
  return "least" in goal ? `≥ ${numberText(goal.least)}` : `≤ ${numberText(goal.most)}`;
}
