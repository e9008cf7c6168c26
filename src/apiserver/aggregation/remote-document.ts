/** Asks a service for what it says of itself: discovery and OpenAPI. */
import type { APIService } from "#api/apiregistration/apiservice.ts";
import { reasonOf } from "../admission/webhooks/client.ts";
import { remoteHeaders } from "../authn/remote-user.ts";
import { aggregator, type Switchman } from "./passing-on.ts";

/** OpenAPI of a large server has some megabytes. */
const documentBytesMax = 32 * 1024 * 1024;

export interface RemoteDocument {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

/** Throws what went wrong on the way, in the words of Go's client. */
export async function remoteDocument(
  switchman: Switchman,
  service: APIService,
  asked: { readonly path: string; readonly signal: AbortSignal },
): Promise<RemoteDocument> {
  const url = `${await switchman.originOf(service)}${asked.path}`;
  try {
    const { status, body } = await switchman.http.call({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      repeated: remoteHeaders(aggregator),
      tls: switchman.tlsOf(service),
      signal: asked.signal,
    });
    return { url, status, text: await textOf(body) };
  } catch (cause) {
    const why = reasonOf(cause as NodeJS.ErrnoException);
    throw new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${why}`, {
      cause,
    });
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > documentBytesMax) throw new Error(`more than ${documentBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
