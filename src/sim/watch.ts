/** A watch that goes on: servers end theirs now and then, and that is nobody's business. */
import type { ApiObject, Kind } from "#api/kind.ts";
import type { Client, Selection, WatchEvent } from "#client/client.ts";

export type ObjectEvent<T> = Exclude<WatchEvent<T>, { readonly type: "BOOKMARK" }>;

interface Options extends Selection {
  readonly resourceVersion?: string;
  readonly signal: AbortSignal;
}

export async function* follow<T extends ApiObject>(
  client: Client,
  kind: Kind<T>,
  options: Options,
): AsyncGenerator<ObjectEvent<T>> {
  const { signal } = options;
  let from = options.resourceVersion;
  while (!signal.aborted) {
    const batches = client.watch(kind, {
      ...options,
      allowBookmarks: true,
      ...(from === undefined ? {} : { resourceVersion: from }),
    });
    for await (const batch of batches) {
      const last = batch.at(-1);
      if (last) from = String(last.revision);
      yield* batch.filter((event) => event.type !== "BOOKMARK");
    }
  }
}
