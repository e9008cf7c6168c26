/** One plot as SVG: lines over time, with readable axes. Colours come from the page's style. */

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Chart {
  readonly title: string;
  /** Written at the axis: `pods`, `%`, `s`. */
  readonly unit: string;
  readonly lines: readonly Line[];
}

export interface Mark {
  readonly atMs: number;
  readonly label: string;
}

const size = { width: 960, height: 240, left: 64, right: 28, top: 12, bottom: 34 };
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
};
const ticksWanted = 5;

export function chartSvg(
  { title, unit, lines }: Chart,
  { atMs, marks }: { readonly atMs: readonly number[]; readonly marks: readonly Mark[] },
): string {
  const endMs = Math.max(atMs.at(-1) ?? 0, 1);
  const top = Math.max(...lines.flatMap(({ values }) => values), 0);
  const step = niceStep(top / ticksWanted || 1);
  const max = Math.max(Math.ceil(top / step), 1) * step;
  const x = (ms: number): number => size.left + (ms / endMs) * inner.width;
  const y = (value: number): number => size.top + (1 - value / max) * inner.height;
  const legend = lines.map(
    ({ name }, i) => `<span class="key"><i class="c${i}"></i>${escaped(name)}</span>`,
  );
  return `<figure>
<figcaption>${escaped(title)} <small>${escaped(unit)}</small>${lines.length > 1 ? legend.join("") : ""}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(title)}">
${valueAxis(max, step, y)}
${timeAxis(endMs, x)}
${marks.map(({ atMs: ms, label }) => markLine(x(ms), label)).join("\n")}
${lines.map(({ values }, i) => `<path class="line c${i}" d="${pathOf(values, atMs, { x, y })}"/>`).join("\n")}
</svg>
</figure>`;
}

type Scale = (value: number) => number;

function valueAxis(max: number, step: number, y: Scale): string {
  const ticks = Array.from({ length: Math.round(max / step) + 1 }, (_, i) => i * step);
  const right = size.left + inner.width;
  return ticks
    .map(
      (tick) =>
        `<line class="grid" x1="${size.left}" x2="${right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>` +
        `<text class="tick" text-anchor="end" x="${size.left - 8}" y="${fixed(y(tick) + 4)}">${tickText(tick)}</text>`,
    )
    .join("\n");
}

const hourMs = 3_600_000;
const timeSteps = [1 / 12, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * hourMs);

function timeAxis(endMs: number, x: Scale): string {
  const step = timeSteps.find((ms) => endMs / ms <= 12) ?? 672 * hourMs;
  const ticks = Array.from({ length: Math.floor(endMs / step) + 1 }, (_, i) => i * step);
  const base = size.top + inner.height;
  return ticks
    .map(
      (tick) =>
        `<line class="grid" x1="${fixed(x(tick))}" x2="${fixed(x(tick))}" y1="${base}" y2="${base + 5}"/>` +
        `<text class="tick" text-anchor="middle" x="${fixed(x(tick))}" y="${base + 20}">${timeText(tick, step)}</text>`,
    )
    .join("\n");
}

function timeText(ms: number, step: number): string {
  if (step >= 24 * hourMs) return `day ${ms / (24 * hourMs)}`;
  const hours = ms / hourMs;
  if (step >= hourMs) return `${hours} h`;
  return `${Math.round(ms / 60_000)} min`;
}

const markLine = (at: number, label: string): string =>
  `<line class="mark" x1="${fixed(at)}" x2="${fixed(at)}" y1="${size.top}" y2="${size.top + inner.height}"><title>${escaped(label)}</title></line>`;

function pathOf(
  values: readonly number[],
  atMs: readonly number[],
  { x, y }: { readonly x: Scale; readonly y: Scale },
): string {
  return values
    .map((value, i) => `${i === 0 ? "M" : "L"}${fixed(x(atMs[i] ?? 0))} ${fixed(y(value))}`)
    .join("");
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least) ?? 10) * power;
}

const tickText = (value: number): string =>
  value >= 1_000 ? value.toLocaleString("en-US") : String(Number(value.toPrecision(6)));

const fixed = (value: number): string => value.toFixed(1);

export const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c,
  );
