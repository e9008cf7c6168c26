/** How webhooks are called: the port, and the one over HTTPS. upstream: apiserver/pkg/util/webhook */
import type { HttpAnswer, HttpCallTls, HttpClient } from "#base/http.ts";
import type { ServerPorts } from "#apiserver/ports.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import { clusterIpUrl, type ServiceUrl } from "#apiserver/service-url.ts";
import { type ConnectionFailure, reasonOf } from "#apiserver/connection-failure.ts";
import { bodyBytesMax } from "#apiserver/limits.ts";
import { parseJson } from "#schema/json-text.ts";
import type { ConversionQuestion } from "#apiserver/extension/conversion-review.ts";
import type { Review } from "./review.ts";

export interface WebhookTarget {
  /** As messages name it, without a query: `https://name.namespace.svc:443/path` for a Service. */
  readonly url: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number };
  /** PEM: who may have issued the webhook's certificate; the system's roots when absent. */
  readonly ca?: string;
}

export interface WebhookCall {
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Webhooks that convert are called the same way as those that admit. */
export type Question = Review | ConversionQuestion;

export interface WebhookClient {
  /** The JSON of the answer, unchecked. Throws what went wrong on the way. */
  readonly call: (target: WebhookTarget, asked: Question, call: WebhookCall) => Promise<unknown>;
}

interface Ways {
  readonly http: HttpClient;
  readonly serviceUrl: ServiceUrl;
}

/** A patch may replace the whole object, in base64; what is converted may grow, too. */
const answerBytesMax = (asked: Uint8Array): number => 2 * Math.max(bodyBytesMax, asked.length);

/** Over HTTPS, unless whoever composed the server has another way. */
export const webhookClient = (
  { http, serviceUrl, webhooks }: ServerPorts,
  reader: Reader,
): WebhookClient =>
  webhooks ?? httpWebhooks({ http, serviceUrl: serviceUrl ?? clusterIpUrl(reader) });

export function httpWebhooks(ways: Ways): WebhookClient {
  const known = new WeakMap<WebhookTarget, HttpCallTls>();
  const tlsOf = (target: WebhookTarget): HttpCallTls => {
    const tls = known.get(target) ?? tlsFor(target);
    known.set(target, tls);
    return tls;
  };
  return {
    call: async (target, posted, { timeoutSeconds, signal }) => {
      const asked = `${target.url}?timeout=${timeoutSeconds}s`;
      const body = Buffer.from(JSON.stringify(posted));
      const send = async () => {
        const url = await reachable(target, asked, ways);
        const headers = { ...jsonHeaders, host: new URL(asked).host };
        return ways.http.call({ method: "POST", url, headers, body, signal, tls: tlsOf(target) });
      };
      const answer = await naming(asked, () => oncemore(send));
      return readAnswer(answer, await naming(asked, () => wholeOf(answer, answerBytesMax(body))));
    },
  };
}

const jsonHeaders = {
  accept: "application/json",
  "content-type": "application/json",
  "user-agent": "kube-apiserver-admission",
};

const tlsFor = ({ ca, service }: WebhookTarget): HttpCallTls => ({
  ...(ca === undefined ? {} : { ca }),
  ...(service ? { serverName: `${service.name}.${service.namespace}.svc` } : {}),
});

async function reachable(
  { service }: WebhookTarget,
  asked: string,
  { serviceUrl }: Ways,
): Promise<string> {
  if (!service) return asked;
  const origin = await serviceUrl(service.namespace, service.name, service.port);
  const { pathname, search } = new URL(asked);
  return origin + pathname + search;
}

/** A server may close a kept connection just when it is used again; webhooks bear being asked twice. */
async function oncemore(send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await send();
  } catch (cause) {
    const { code } = cause as ConnectionFailure;
    if (code !== "ECONNRESET" && code !== "EPIPE") throw cause;
    return send();
  }
}

async function wholeOf({ body }: HttpAnswer, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer({ status, headers }: HttpAnswer, text: string): unknown {
  const isJson = (headers["content-type"] ?? "").includes("json") || text.startsWith("{");
  if (status >= 200 && status <= 206) return parse(text);
  const said = isJson ? statusMessage(text) : undefined;
  throw new Error(said ?? problemOf(status, text.trim() || "unknown"));
}

function parse(text: string): unknown {
  try {
    return parseJson(text).value;
  } catch (cause) {
    const { message } = cause as SyntaxError;
    // exact: apimachinery
    throw new Error(`couldn't get version/kind; json parse error: ${message}`, { cause });
  }
}

/** Of a Status; undefined when the text is something else. */
function statusMessage(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: unknown; message?: unknown };
    return kind === "Status" && typeof message === "string" ? message : undefined;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

/** exact: apimachinery */
const problems: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};

function problemOf(status: number, text: string): string {
  const known = problems[status];
  if (known !== undefined) return known;
  if ([403, 406, 415].includes(status)) return text;
  // exact: apimachinery
  return status >= 500
    ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
    : `the server responded with the status code ${status} but did not return more information`;
}

/** Says what was asked, as Go's client does. exact: net/http */
async function naming<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`Post ${JSON.stringify(url)}: ${reasonOf(cause as ConnectionFailure)}`, {
      cause,
    });
  }
}
