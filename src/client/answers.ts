/** What an answer holds, whichever transport brought it: for calls that know no kind. */
import type { ApiResponse } from "#api/request.ts";

/** The object, or the list as one; JSON is parsed. Nothing for an answer that has no content. */
export async function contentOf({ body }: ApiResponse): Promise<unknown> {
  switch (body.is) {
    case "object":
      return body.sealed.object;
    case "list":
      return { metadata: body.list.metadata, items: body.list.items.map(({ object }) => object) };
    case "bytes":
      return parse(body.bytes instanceof Uint8Array ? [body.bytes] : body.bytes);
    case "stream":
      return parse(await Array.fromAsync(body.chunks));
    case "none":
    case "watch":
    case "upgraded":
      return undefined;
    default:
      return body satisfies never;
  }
}

/** The text of an answer that is no object. */
export async function textOf({ body }: ApiResponse): Promise<string> {
  if (body.is === "bytes")
    return text(body.bytes instanceof Uint8Array ? [body.bytes] : body.bytes);
  return body.is === "stream" ? text(await Array.fromAsync(body.chunks)) : "";
}

const parse = (chunks: readonly Uint8Array[]): unknown => JSON.parse(text(chunks));

function text(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
}
