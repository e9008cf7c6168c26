/** Requests from the benchmark itself, where wrk cannot say what is asked: how long until the first byte, watches. */
import { once } from "node:events";
import https from "node:https";
import type { IncomingMessage } from "node:http";

export interface Target {
  readonly url: string;
  readonly token: string;
}

/** A connection of its own; resolves with the head of the answer. */
export async function open({ url, token }: Target, path: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}` };
  const options = { agent: false, rejectUnauthorized: false, headers } as const;
  const request = https.get(url + path, options);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode}`);
  return answer;
}

export interface Download {
  /** From the request to the first byte of the body. */
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly bytes: number;
}

export async function download(target: Target, path: string): Promise<Download> {
  const started = performance.now();
  const answer = await open(target, path);
  let firstMs: number | undefined;
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    firstMs ??= performance.now() - started;
    bytes += chunk.length;
  }
  const wholeMs = performance.now() - started;
  return { firstMs: firstMs ?? wholeMs, wholeMs, bytes };
}
