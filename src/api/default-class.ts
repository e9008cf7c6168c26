/** Classes that an annotation marks as the one for whoever names none. */
import { nameColumn } from "./columns.ts";
import type { ApiObject, Column } from "./kind.ts";

export const isMarked = ({ metadata }: ApiObject, annotations: readonly string[]): boolean =>
  annotations.some((key) => metadata.annotations?.[key] === "true");

/** Of several that are marked, the one made last; then the first by name. */
export const newestMarked = <T extends ApiObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined => classes.filter((one) => isMarked(one, annotations)).toSorted(byAgeAndName)[0];

export const classNameColumn = (annotations: readonly string[]): Column<ApiObject> => ({
  ...nameColumn,
  cell: (object) => {
    const { name = "" } = object.metadata;
    return isMarked(object, annotations) ? `${name} (default)` : name;
  },
});

function byAgeAndName({ metadata: a }: ApiObject, { metadata: b }: ApiObject): number {
  const madeAt = (time = ""): number => Date.parse(time) || 0;
  const newerFirst = madeAt(b.creationTimestamp) - madeAt(a.creationTimestamp);
  return newerFirst || ((a.name ?? "") < (b.name ?? "") ? -1 : 1);
}
