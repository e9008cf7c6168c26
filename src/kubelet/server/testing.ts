/** Reads Prometheus' text form, as strictly as Prometheus does: for tests of what is printed. */
import { equal, match, ok } from "node:assert/strict";

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

export interface ParsedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atMs?: number;
}

const samplePattern =
  /^(?<name>[a-z_][a-z0-9_]*)(?:\{(?<labels>.*)\})? (?<value>-?[0-9.]+(?:e[+-]?\d+)?)(?: (?<atMs>\d+))?$/;
const labelPattern = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

/** By name. Fails on a line that is no sample, on a family told twice, on two samples of one thing. */
export function familiesIn(text: string): ReadonlyMap<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  for (const part of text.split(/^# HELP /m).slice(1)) {
    const [title = "", type = "", ...lines] = part.trimEnd().split("\n");
    const [name = "", ...help] = title.split(" ");
    match(type, new RegExp(`^# TYPE ${name} (counter|gauge)$`));
    ok(!families.has(name), `${name} is told twice`);
    const samples = lines.map((line) => sampleIn(line, name));
    const things = samples.map(({ labels }) =>
      Object.entries(labels)
        .map(([label, value]) => JSON.stringify([label, value]))
        .toSorted(),
    );
    equal(new Set(things.map(String)).size, things.length, `${name} has two samples of one thing`);
    families.set(name, {
      name,
      type: type.split(" ").at(-1) ?? "",
      help: help.join(" "),
      samples,
    });
  }
  return families;
}

function sampleIn(line: string, family: string): ParsedSample {
  const { name, labels = "", value, atMs } = samplePattern.exec(line)?.groups ?? {};
  equal(name, family, line);
  return {
    labels: labelsIn(labels, line),
    value: Number(value),
    ...(atMs === undefined ? {} : { atMs: Number(atMs) }),
  };
}

function labelsIn(text: string, line: string): ParsedSample["labels"] {
  const found: Record<string, string> = {};
  for (let rest = text; rest !== "";) {
    const [all = "", name = "", value = ""] = labelPattern.exec(rest) ?? [];
    ok(all !== "" && !Object.hasOwn(found, name), line);
    found[name] = value.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
    rest = rest.slice(all.length);
  }
  return found;
}
