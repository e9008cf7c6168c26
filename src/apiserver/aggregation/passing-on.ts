/**
 * Passes requests on to the service that an APIService names: as whoever asks, vouched for by the
 * front proxy's certificate. upstream: kube-aggregator/pkg/apiserver/handler_proxy.go
 */
import type { APIService } from "#api/apiregistration/apiservice.ts";
import type { ApiResponse, User } from "#api/request.ts";
import { type Clock, seconds } from "#base/clock.ts";
import type { HttpCall, HttpCallTls, HttpClient, TlsIdentity } from "#base/http.ts";
import { assert } from "#base/assert.ts";
import type { Log } from "#base/log.ts";
import { remoteHeaders } from "../authn/remote-user.ts";
import { reasonOf } from "../connection-failure.ts";
import type { Context } from "../context.ts";
import { plainError } from "../responses.ts";
import type { ServiceUrl } from "../service-url.ts";
import { forwardedFrom, passOn, passUpgradeOn } from "../subresources/proxying.ts";
import { isAvailable } from "./directory.ts";

export interface PassingPorts {
  readonly http: HttpClient;
  readonly serviceUrl: ServiceUrl;
  /** By what other servers know that it is us who ask. */
  readonly frontProxy?: (() => TlsIdentity) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of a service that fails, the log hears so often. */
const complaintEveryMs = seconds(30);

/** Asks services as the front proxy. */
export class Switchman {
  readonly #ports: PassingPorts;
  /** The same object for the same connections. */
  readonly #tls = new WeakMap<
    APIService["spec"],
    { by: TlsIdentity | undefined; tls: HttpCallTls }
  >();

  /** By the APIService's name: when it was last complained of. */
  readonly #complaints = new Map<string, number>();

  constructor(ports: PassingPorts) {
    this.#ports = ports;
  }

  get http(): HttpClient {
    return this.#ports.http;
  }

  /** Throws when the service cannot be found. */
  async originOf({ spec: { service } }: APIService): Promise<string> {
    assert(service, "only what somebody else serves is passed on");
    const { namespace = "", name = "", port = 443 } = service;
    return this.#ports.serviceUrl(namespace, name, port);
  }

  tlsOf({ spec }: APIService): HttpCallTls {
    const by = this.#ports.frontProxy?.();
    const known = this.#tls.get(spec);
    if (known && known.by === by) return known.tls;
    const tls = { ...trustOf(spec), ...(by ? { identity: by } : {}) };
    this.#tls.set(spec, { by, tls });
    return tls;
  }

  /** Serves the request from there. */
  async pass(context: Context, service: APIService): Promise<ApiResponse> {
    if (!isAvailable(service)) return unavailable();
    const { request, user } = context;
    const origin = await this.#placeOf(service);
    if (origin === undefined) return unavailable();
    const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
    const path = request.path + query;
    const { headers = {} } = forwardedFrom(request, request.path);
    const repeated = remoteHeaders(user);
    const send = (call: Partial<HttpCall>): HttpCall => ({
      method: request.method,
      url: origin + path,
      headers,
      repeated,
      tls: this.tlsOf(service),
      ...call,
    });
    const seen = { base: "", origin };
    try {
      if (request.upgrade) {
        const upgrading = { connection: "Upgrade", upgrade: request.headers["upgrade"] };
        const call = send({ headers: { ...headers, ...upgrading } });
        return await passUpgradeOn(request, await this.http.upgrade(call), seen);
      }
      const body = bodyOf(context);
      const { signal } = request;
      return passOn(await this.http.call(send({ ...(body ? { body } : {}), signal })), seen);
    } catch (cause) {
      if (!request.signal.aborted) this.#complain(service, cause);
      const why = reasonOf(cause as Error);
      // exact: apimachinery
      return plainError(`error trying to reach service: ${why}\n`, 503);
    }
  }

  async #placeOf(service: APIService): Promise<string | undefined> {
    try {
      return await this.originOf(service);
    } catch (cause) {
      this.#complain(service, cause);
      return undefined;
    }
  }

  #complain({ metadata: { name = "" } }: APIService, cause: unknown): void {
    const now = this.#ports.clock.monotonic();
    const last = this.#complaints.get(name);
    if (last !== undefined && now - last < complaintEveryMs) return;
    this.#complaints.set(name, now);
    this.#ports.log.warn("a request is not passed on to an extension server", { name, cause });
  }
}

/** exact: kube-aggregator */
const unavailable = (): ApiResponse => plainError("service unavailable\n", 503);

function bodyOf({ request: { body, streamed, headers } }: Context): HttpCall["body"] {
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"];
  if (streamed && hasBody) return streamed();
  if (body.is === "bytes") return body.bytes;
  return body.is === "object" ? Buffer.from(JSON.stringify(body.object)) : undefined;
}

function trustOf({ service, insecureSkipTLSVerify, caBundle }: APIService["spec"]): HttpCallTls {
  const serverName = `${service?.name ?? ""}.${service?.namespace ?? ""}.svc`;
  if (insecureSkipTLSVerify) return { serverName, insecure: true };
  if (!caBundle) return { serverName };
  return { serverName, ca: Buffer.from(caBundle, "base64").toString("utf8") };
}

/** Who looks whether a service is there may see everything of it. exact: kube-aggregator */
export const aggregator: User = {
  name: "system:kube-aggregator",
  groups: ["system:masters"],
};
