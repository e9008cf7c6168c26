/** Changes as they happen, in the JSON that the server sends: objects, or tables of them. */
import { ApiError, errorOf } from "#api/errors.ts";
import type { ApiResponse, WatchBatch } from "#api/request.ts";
import type { Session } from "../session.ts";
import type { Manifest } from "./manifest.ts";
import { type Ask, send } from "./rest.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: Manifest;
}

/** Ends when the server ends it, or when the signal aborts. Throws what the server says is wrong. */
export async function* watchChanges(
  session: Session,
  request: Omit<Ask, "method">,
): AsyncGenerator<Change> {
  const signal = request.signal ?? session.shell.signal;
  const query = { ...request.query, watch: true };
  try {
    const response = await send(session, { ...request, method: "GET", query, signal });
    yield* changesIn(response);
  } catch (cause) {
    if (!signal.aborted || cause instanceof ApiError) throw cause;
  }
}

async function* changesIn({ body }: ApiResponse): AsyncGenerator<Change> {
  if (body.is === "watch") for await (const batch of body.events) yield* changesOf(batch);
  if (body.is !== "stream") return;
  for await (const line of linesOf(body.chunks)) {
    const { type, object } = JSON.parse(line) as { type: string; object: Manifest };
    if (type === "ERROR") throw errorOf(object);
    yield { type: type as Change["type"], object };
  }
}

function* changesOf(batch: WatchBatch): Generator<Change> {
  for (const event of batch) {
    if (event.type === "ERROR") throw event.error;
    if (event.type !== "BOOKMARK")
      yield { type: event.type, object: event.sealed.object as unknown as Manifest };
  }
}

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}
