/** Requests in JSON, as the server answers them: no schema in between may lose a field. */
import type { ApiResponse, Method, RequestBody } from "#api/request.ts";
import { refuse } from "#client/typed.ts";
import type { Session } from "../session.ts";

export interface Ask {
  readonly method: Method;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** The answer's JSON. Throws what the server refused with; passes its warnings on to the user. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each call names what it expects.
export async function ask<T = unknown>(session: Session, request: Ask): Promise<T> {
  return (await jsonOf(await send(session, request))) as T;
}

/** The answer as text: logs, metrics, `get --raw`. */
export async function askText(session: Session, request: Ask): Promise<string> {
  const { body } = await send(session, request);
  if (body.is === "object" || body.is === "list") return JSON.stringify(await jsonOf({ body }));
  const decoder = new TextDecoder();
  const chunks = body.is === "stream" ? await Array.fromAsync(body.chunks) : bytesOf(body);
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
}

/** The answer as it comes. */
export async function askStream(
  session: Session,
  request: Ask,
): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await send(session, request);
  if (body.is === "stream") return body.chunks;
  return streamOf(bytesOf(body));
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export async function send(session: Session, request: Ask): Promise<ApiResponse> {
  const { method, path, contentType = "application/json", accept = "application/json" } = request;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {}))
    if (value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  const body: RequestBody =
    request.body === undefined ? { is: "none" } : { is: "object", object: request.body };
  const response = await session.client.raw({
    method,
    path,
    query,
    body,
    headers: { accept, ...(body.is === "none" ? {} : { "content-type": contentType }) },
    signal: request.signal ?? session.shell.signal,
  });
  warn(session, response);
  refuse(response);
  return response;
}

/** `299 - "text", 299 - "text"` */
function warn({ shell }: Session, { headers }: ApiResponse): void {
  const header = headers?.["warning"];
  if (!header) return;
  for (const [, text = ""] of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g))
    shell.errors.write(`Warning: ${text.replace(/\\(.)/g, "$1")}\n`); // exact: kubectl
}

async function jsonOf({ body }: Pick<ApiResponse, "body">): Promise<unknown> {
  if (body.is === "object") return body.sealed.object;
  if (body.is === "list") {
    const { kind, list } = body;
    const items = list.items.map(({ object }) => object);
    return { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: list.metadata, items };
  }
  const chunks = body.is === "stream" ? await Array.fromAsync(body.chunks) : bytesOf(body);
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
  return text === "" ? undefined : JSON.parse(text);
}

function bytesOf(body: ApiResponse["body"]): readonly Uint8Array[] {
  if (body.is !== "bytes") return [];
  return body.bytes instanceof Uint8Array ? [body.bytes] : body.bytes;
}
