/**
 * Cells of `kubectl get` that many kinds share.
 * upstream: pkg/printers/internalversion/printers.go
 */
import type { ApiObject, Column } from "./kind.ts";
import { formatLabelSelector, type Labels } from "./selectors.ts";
import type { LabelSelector } from "./meta/label-selector.ts";

export const nameColumn: Column<ApiObject> = {
  name: "Name",
  type: "string",
  format: "name",
  doc: "Name of the object, unique among those of its kind in its namespace.",
  cell: ({ metadata }) => metadata.name ?? "",
};

export const ageColumn: Column<ApiObject> = {
  name: "Age",
  type: "string",
  doc: "How long ago the object was created.",
  cell: ({ metadata }, nowMs) => formatAge(metadata.creationTimestamp, nowMs),
};

/** What a column of text needs beyond its name. */
type CellOf<T> = Column<T>["cell"];

export const textColumn = <T>(name: string, cell: CellOf<T>, doc = ""): Column<T> => ({
  name,
  type: "string",
  ...(doc === "" ? {} : { doc }),
  cell,
});

/** The same column, shown with `-o wide` only. */
export const wide = <T>(column: Column<T>): Column<T> => ({ ...column, wide: true });

/** Time since `at`, an API time; `<unknown>` without one. */
export const formatAge = (at: string | null | undefined, nowMs: number): string =>
  at ? humanDuration(nowMs - Date.parse(at)) : "<unknown>";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** As `kubectl get` prints ages: two units at most, the second only while it matters. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1_000);
  if (seconds < -1) return "<invalid>";
  if (ms < 0) return "0s";
  if (seconds < 2 * minute) return `${seconds}s`;
  if (seconds < 10 * minute) return twoUnits(seconds, [minute, "m"], [1, "s"]);
  if (seconds < 3 * hour) return `${Math.trunc(seconds / minute)}m`;
  if (seconds < 8 * hour) return twoUnits(seconds, [hour, "h"], [minute, "m"]);
  if (seconds < 2 * day) return `${Math.trunc(seconds / hour)}h`;
  if (seconds < 8 * day) return twoUnits(seconds, [day, "d"], [hour, "h"]);
  if (seconds < 2 * year) return `${Math.trunc(seconds / day)}d`;
  if (seconds < 8 * year) return twoUnits(seconds, [year, "y"], [day, "d"]);
  return `${Math.trunc(seconds / year)}y`;
}

type Unit = readonly [seconds: number, letter: string];

function twoUnits(seconds: number, [large, a]: Unit, [small, b]: Unit): string {
  const rest = Math.trunc((seconds % large) / small);
  const first = `${Math.trunc(seconds / large)}${a}`;
  return rest === 0 ? first : `${first}${rest}${b}`;
}

/** `a=1,b=2`, sorted by key; `<none>` when there are none. */
export function labelsText(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.toSorted().join(",") || "<none>";
}

/** A label selector, or `<none>`. */
export const selectorText = (selector: LabelSelector | undefined): string =>
  formatLabelSelector(selector);

/** The first three, and how many more there are. */
export function firstThree(items: readonly string[], total = items.length): string {
  const shown = items.slice(0, 3).join(",");
  return total > 3 ? `${shown} + ${total - 3} more...` : shown;
}

interface Contained {
  readonly name: string;
  readonly image?: string | undefined;
}

/** Names and images of the containers of a pod template, for `-o wide`. */
export const containerColumns = <T>(
  containersOf: (object: T) => readonly Contained[],
): readonly [Column<T>, Column<T>] => [
  wide(
    textColumn(
      "Containers",
      (object) => containerNames(containersOf(object)),
      "Names of the containers in the pod template.",
    ),
  ),
  wide(
    textColumn(
      "Images",
      (object) => containerImages(containersOf(object)),
      "Images of the containers in the pod template.",
    ),
  ),
];

export const containerNames = (containers: readonly Contained[]): string =>
  containers.map(({ name }) => name).join(",");

export const containerImages = (containers: readonly Contained[]): string =>
  containers.map(({ image }) => image ?? "").join(",");

/** `true` as Go prints it, `<unset>` when it is absent. */
export const orUnset = (value: string | number | null | undefined): string =>
  value === undefined || value === null ? "<unset>" : String(value);

export const orNone = (value: string | undefined): string => value || "<none>";
