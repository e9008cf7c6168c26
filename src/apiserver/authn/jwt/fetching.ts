/** What an issuer publishes: documents and signed claims, read over HTTPS. */
import { type Clock, seconds } from "#base/clock.ts";
import type { HttpClient } from "#base/http.ts";

export interface FetchPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
}

export interface Source {
  readonly url: string;
  /** PEM; the system's roots when absent. */
  readonly ca: string | undefined;
  /** A bearer token to show there. */
  readonly token?: string | undefined;
}

const answerBytesMax = 1024 * 1024;
const timeoutMs = seconds(30);

/** Throws when the answer is no 200, is late or longer than a megabyte. */
export async function fetchText(
  { url, ca, token }: Source,
  { http, clock }: FetchPorts,
): Promise<string> {
  const late = new AbortController();
  using _timer = clock.after(timeoutMs, () => late.abort());
  const headers = {
    accept: "application/json",
    "user-agent": "kube-apiserver",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const tls = ca === undefined ? {} : { tls: { ca } };
  const answer = await http.call({ method: "GET", url, headers, signal: late.signal, ...tls });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > answerBytesMax) throw new Error(`${url} answers more than a megabyte`);
    chunks.push(chunk);
  }
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
  return Buffer.concat(chunks).toString("utf8");
}
