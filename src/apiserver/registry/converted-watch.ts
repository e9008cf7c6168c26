/**
 * A watch of objects that somebody outside has to convert: every batch in one question, in order.
 * What is selected is the object as it is shown, so it is selected here and not before.
 */
import { ApiError } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed, WatchBatch, WatchEvent } from "#api/request.ts";
import type { Selection } from "../cache/selection.ts";
import { mappedWatch } from "../cache/mapped-watch.ts";
import type { WatchStream } from "../cache/watch-stream.ts";
import { shownAll } from "./versions.ts";

/** All that may be selected, before anything is converted: names and namespaces never change. */
export const unselected = ({ namespace, name }: Selection): Selection => ({
  namespace,
  name,
  isEverything: name === undefined,
  matches: name === undefined ? () => true : ({ metadata }) => metadata.name === name,
  index: undefined,
});

/** Ends with an error where a conversion fails. */
export function convertedWatch(
  stream: WatchStream,
  kind: AnyKind,
  selection: Selection,
): AsyncIterable<WatchBatch> {
  return mappedWatch(stream, async (batch) => {
    try {
      return await convertedBatch(batch, kind, selection);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      await stream.return();
      return [{ type: "ERROR", error: cause }];
    }
  });
}

async function convertedBatch(
  batch: WatchBatch,
  kind: AnyKind,
  { isEverything, matches }: Selection,
): Promise<WatchBatch> {
  const needed = new Set<Sealed>();
  for (const event of batch) {
    if (!("sealed" in event)) continue;
    needed.add(event.sealed);
    if (event.previous && !isEverything) needed.add(event.previous);
  }
  const items = [...needed];
  const all = await shownAll(kind, items);
  const shown = new Map(items.map((sealed, index) => [sealed, all[index] as Sealed]));
  const isSelected = (sealed: Sealed | undefined): boolean => {
    const found = sealed && shown.get(sealed);
    return found !== undefined && (isEverything || matches(found.object));
  };
  return batch.flatMap((event): WatchBatch => {
    if (!("sealed" in event)) return [event];
    const sealed = shown.get(event.sealed) as Sealed;
    const type = typeOf(event, {
      isBefore: event.previous === undefined || isEverything || isSelected(event.previous),
      isAfter: isSelected(event.sealed),
    });
    return type === undefined ? [] : [{ type, sealed }];
  });
}

type Change = Extract<WatchEvent, { readonly sealed: Sealed }>;

interface Selected {
  readonly isBefore: boolean;
  readonly isAfter: boolean;
}

/** As the watcher sees it, who knows only of what he selected. */
function typeOf({ type }: Change, { isBefore, isAfter }: Selected): Change["type"] | undefined {
  if (type !== "MODIFIED") return isAfter ? type : undefined;
  if (isAfter) return isBefore ? "MODIFIED" : "ADDED";
  return isBefore ? "DELETED" : undefined;
}
