/** Asks a service for what it says of itself: discovery and OpenAPI. */
import type { APIService } from "#api/apiregistration/apiservice.ts";
import { remoteHeaders } from "../authn/remote-user.ts";
import { reasonOf } from "../connection-failure.ts";
import { aggregator, type Switchman } from "./passing-on.ts";

/** OpenAPI of a large server has some megabytes. */
const documentBytesMax = 32 * 1024 * 1024;

export interface RemoteDocument {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** By which it may be asked whether it is still the same. */
  readonly etag?: string | undefined;
}

interface Asked {
  readonly path: string;
  /** Of the document that is known already: the answer is 304 when it is still that one. */
  readonly known?: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws what went wrong on the way, in the words of Go's client. */
export async function remoteDocument(
  switchman: Switchman,
  service: APIService,
  asked: Asked,
): Promise<RemoteDocument> {
  const url = `${await switchman.originOf(service)}${asked.path}`;
  try {
    const { status, headers, body } = await switchman.http.call({
      method: "GET",
      url,
      headers: {
        accept: "application/json",
        ...(asked.known === undefined ? {} : { "if-none-match": asked.known }),
      },
      repeated: remoteHeaders(aggregator),
      tls: switchman.tlsOf(service),
      signal: asked.signal,
    });
    return { url, status, text: await textOf(body), etag: headers["etag"] };
  } catch (cause) {
    const why = reasonOf(cause as Error);
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
