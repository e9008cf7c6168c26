/**
 * Who may ask the kubelet what: callers show a client certificate or a token, and the API server
 * decides. Decisions are remembered for a while.
 * upstream: pkg/kubelet/server/auth.go
 */
import { SubjectAccessReview } from "#api/authorization/subjectaccessreview.ts";
import { TokenReview } from "#api/authentication/tokenreview.ts";
import { type Clock, minutes, seconds } from "#base/clock.ts";
import type { HttpRequest } from "#base/http.ts";
import type { Client } from "#client/client.ts";
import { Refusal } from "./answers.ts";

interface AccessOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly nodeName: string;
}

interface Caller {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Remembered<T> {
  readonly value: T;
  readonly untilMs: number;
}

const allowedMs = minutes(5);
const deniedMs = seconds(30);
const tokenMs = minutes(2);
const rememberedMax = 1_000;

export class Access {
  readonly #options: AccessOptions;
  readonly #decisions = new Map<string, Remembered<boolean>>();
  readonly #tokens = new Map<string, Remembered<Caller | undefined>>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Throws unless the caller may. */
  async check(request: HttpRequest, path: string): Promise<void> {
    const caller = await this.#callerOf(request);
    if (!caller) throw new Refusal(401, "Unauthorized");
    const verb = verbOf(request.method);
    const wanted = subresourcesOf(path);
    for (const subresource of wanted) if (await this.#mayUse(caller, verb, subresource)) return;
    // exact: kubelet
    throw new Refusal(
      403,
      `Forbidden (user=${caller.name}, verb=${verb}, resource=nodes, subresource(s)=[${wanted.join(" ")}])\n`,
    );
  }

  async #callerOf({ peer, headers }: HttpRequest): Promise<Caller | undefined> {
    const { certificate } = peer;
    if (certificate) return { name: certificate.commonName, groups: certificate.organizations };
    const [scheme = "", token = ""] = (headers["authorization"] ?? "").split(" ");
    return scheme.toLowerCase() === "bearer" && token !== "" ? this.#reviewToken(token) : undefined;
  }

  async #reviewToken(token: string): Promise<Caller | undefined> {
    const { client, clock } = this.#options;
    const known = recall(this.#tokens, token, clock);
    if (known) return known.value;
    const { status } = await client.create(TokenReview, { spec: { token } });
    const { username = "", groups = [], uid, extra } = status.user;
    const who = { name: username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
    const value = status.authenticated ? who : undefined;
    remember(this.#tokens, token, { value, untilMs: clock.monotonic() + tokenMs });
    return value;
  }

  async #mayUse(caller: Caller, verb: string, subresource: string): Promise<boolean> {
    const { client, clock, nodeName } = this.#options;
    const key = JSON.stringify([caller, verb, subresource]);
    const known = recall(this.#decisions, key, clock);
    if (known) return known.value;
    const { name: user, ...more } = caller;
    const { status } = await client.create(SubjectAccessReview, {
      spec: {
        user,
        ...more,
        resourceAttributes: { verb, resource: "nodes", subresource, name: nodeName, version: "v1" },
      },
    });
    const holdsMs = status.allowed ? allowedMs : deniedMs;
    const untilMs = clock.monotonic() + holdsMs;
    remember(this.#decisions, key, { value: status.allowed, untilMs });
    return status.allowed;
  }
}

function recall<T>(map: ReadonlyMap<string, Remembered<T>>, key: string, clock: Clock) {
  const known = map.get(key);
  return known && known.untilMs > clock.monotonic() ? known : undefined;
}

function remember<T>(map: Map<string, Remembered<T>>, key: string, entry: Remembered<T>): void {
  if (map.size >= rememberedMax) map.clear();
  map.set(key, entry);
}

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const verbOf = (method: string): string => verbs[method] ?? "";

/** The narrow permission first, then the one for everything. */
function subresourcesOf(path: string): readonly string[] {
  const first = path.split("/").find(Boolean) ?? "";
  switch (first) {
    case "stats":
    case "metrics":
    case "checkpoint":
    case "statusz":
      return [first];
    case "flagz":
      return ["configz"];
    case "logs":
      return ["log"];
    case "healthz":
    case "pods":
    case "configz":
      return [first, "proxy"];
    case "runningpods":
      return ["pods", "proxy"];
    default:
      return ["proxy"];
  }
}
