/**
 * Follows the APIServices: looks whether those who shall serve can, says so in their status, and
 * keeps what they say of themselves for discovery and OpenAPI. Without any it only waits.
 */
import { APIService } from "#api/apiregistration/apiservice.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { isReason } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { APIResourceList } from "#api/meta/discovery.ts";
import { seconds } from "#base/clock.ts";
import { DeadlineExceeded, within } from "#base/deadline.ts";
import { equal } from "#schema/copy.ts";
import { follow } from "../registry/following.ts";
import type { FullRegistry } from "../registry/generic.ts";
import { timeText } from "../registry/metadata.ts";
import type { WriteContext } from "../registry/registry.ts";
import { failedDiscovery, type Finding, obstacle, passed, statusWith } from "./availability.ts";
import { apiVersionOf, type Directory } from "./directory.ts";
import type { Switchman } from "./passing-on.ts";
import { type RemoteDocument, remoteDocument } from "./remote-document.ts";

/** What a service said of itself the last time that it could be asked. */
export interface Description {
  readonly resources: APIResourceList["resources"] | undefined;
  readonly isStale: boolean;
  /** OpenAPI v2, parsed; undefined when it has none. */
  readonly openApi: object | undefined;
  /** Of the v3 document, relative to the server; undefined when it has none. */
  readonly openApiUrl: string | undefined;
}

export interface WatchingOptions {
  readonly registry: FullRegistry;
  readonly directory: Directory;
  readonly switchman: Switchman;
  readonly how: WriteContext;
  /** Is told who stops being available. */
  readonly unavailable: (name: string, reason: string) => void;
  readonly signal: AbortSignal;
}

/** Services that answer are asked again so often. As upstream. */
const recheckMs = seconds(30);
const retryMsMin = 100;
const answerMsMax = seconds(5);
const openApiPaths = ["/openapi/v2", "/openapi/v3"] as const;

const unknown: Description = {
  resources: undefined,
  isStale: true,
  openApi: undefined,
  openApiUrl: undefined,
};

/** A document that is the same object need not be read again. */
function isSame(before: Description, after: Description): boolean {
  const { openApi: one, ...rest } = before;
  const { openApi: other, ...others } = after;
  return equal(rest, others) && (one === other || equal(one, other));
}

export class RemoteServices {
  readonly #options: WatchingOptions;
  /** By the APIService's name. */
  readonly #descriptions = new Map<string, Description>();
  /** What they describe themselves with, by name and path, as long as it stays the same. */
  readonly #documents = new Map<string, { readonly etag: string; readonly json: object }>();
  readonly #timers = new Map<string, Disposable>();
  readonly #failures = new Map<string, number>();
  readonly #underWay = new Map<string, { again: boolean }>();
  #changes = 0;
  #isFollowingBehind = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  /** Grows whenever a service says something else. */
  get changes(): number {
    return this.#changes;
  }

  describedBy({ metadata: { name = "" } }: APIService): Description {
    return this.#descriptions.get(name) ?? unknown;
  }

  /** Until the signal aborts. */
  async follow(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => {
      for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    };
    signal.addEventListener("abort", stop, { once: true });
    await this.#each(APIService, (name) => {
      this.#check(name);
      // What stands behind them is of no interest before there are any.
      if (this.#options.directory.remotes.size > 0) this.#followBehind();
    });
  }

  #followBehind(): void {
    if (this.#isFollowingBehind) return;
    this.#isFollowingBehind = true;
    void this.#each(Service, (name, namespace) => this.#checkBehind(namespace, name));
    void this.#each(EndpointSlice, (_, namespace) => this.#checkBehind(namespace));
  }

  #each(kind: AnyKind, changed: (name: string, namespace: string) => void): Promise<void> {
    const { registry, signal } = this.#options;
    return follow(kind, {
      registry,
      signal,
      changed: (batch) => {
        const objects = batch.flatMap((event) => ("sealed" in event ? [event.sealed.object] : []));
        for (const { metadata } of objects) changed(metadata.name ?? "", metadata.namespace ?? "");
      },
    });
  }

  /** Those that are served by it, or by any service of the namespace. */
  #checkBehind(namespace: string, name?: string): void {
    for (const { metadata, spec } of this.#options.directory.remotes.values()) {
      const { service } = spec;
      if (service?.namespace !== namespace) continue;
      if (name === undefined || service.name === name) this.#check(metadata.name ?? "");
    }
  }

  /** One check at a time; what changes meanwhile is looked at afterwards. */
  #check(name: string): void {
    const running = this.#underWay.get(name);
    if (running) {
      running.again = true;
      return;
    }
    const { registry, signal } = this.#options;
    const work = { again: false };
    this.#underWay.set(name, work);
    void this.#settle(name)
      .catch((cause: unknown) => {
        if (signal.aborted || isReason(cause, "NotFound")) return;
        registry.kit.log.error("an APIService is not settled", { name, cause });
        this.#wake(name, recheckMs);
      })
      .finally(() => {
        this.#underWay.delete(name);
        if (work.again && !signal.aborted) this.#check(name);
      });
  }

  #wake(name: string, delayMs: number): void {
    const { registry, signal } = this.#options;
    this.#timers.get(name)?.[Symbol.dispose]();
    if (signal.aborted) return;
    this.#timers.set(
      name,
      registry.kit.clock.after(delayMs, () => this.#check(name)),
    );
  }

  async #settle(name: string): Promise<void> {
    const { registry } = this.#options;
    const service = registry.reader.get(APIService, "", name)?.object;
    if (!service?.spec.service) {
      this.#forget(name);
      return;
    }
    const finding = await this.#find(service);
    const failures = finding.isAvailable ? 0 : (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    if (failures === 1) this.#options.unavailable(name, finding.reason ?? "");
    const isAsked = finding.isAvailable || finding.reason === "FailedDiscoveryCheck";
    if (!finding.isAvailable) this.#describe(name, { isStale: true });
    await this.#write(name, finding);
    // What stands in the way otherwise is an object, whose change is seen.
    const retryMs = Math.min(recheckMs, retryMsMin * 2 ** failures);
    if (isAsked) this.#wake(name, failures === 0 ? recheckMs : retryMs);
  }

  #forget(name: string): void {
    this.#timers.get(name)?.[Symbol.dispose]();
    this.#timers.delete(name);
    this.#failures.delete(name);
    for (const path of openApiPaths) this.#documents.delete(`${name} ${path}`);
    if (this.#descriptions.delete(name)) this.#changes += 1;
  }

  #describe(name: string, news: Partial<Description>): void {
    const before = this.#descriptions.get(name);
    const after = { ...(before ?? unknown), ...news };
    if (before && isSame(before, after)) return;
    this.#descriptions.set(name, after);
    this.#changes += 1;
  }

  async #find(service: APIService): Promise<Finding> {
    const { name = "", namespace = "" } = service.spec.service ?? {};
    const { reader } = this.#options.registry;
    const slices = reader
      .list(EndpointSlice, namespace)
      .map(({ object }) => object)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
    const found = reader.get(Service, namespace, name)?.object;
    return obstacle(service.spec.service ?? {}, found, slices) ?? this.#ask(service);
  }

  async #ask(service: APIService): Promise<Finding> {
    const { metadata, spec } = service;
    try {
      const found = await this.#document(service, `/apis/${apiVersionOf(spec)}`);
      if (found.status < 200 || found.status > 299) {
        const bad = `bad status from ${found.url}: ${found.status}`;
        return failedDiscovery(`failing or missing response from ${found.url}: ${bad}`);
      }
      const { resources } = JSON.parse(found.text) as Partial<APIResourceList>;
      const openApi = await this.#openApi(service);
      this.#describe(metadata.name ?? "", {
        resources: resources ?? [],
        isStale: false,
        ...openApi,
      });
      return passed;
    } catch (cause) {
      return failedDiscovery((cause as Error).message);
    }
  }

  async #document(service: APIService, path: string, known?: string): Promise<RemoteDocument> {
    const { switchman, registry, signal: whole } = this.#options;
    const limit = { timeoutMs: answerMsMax, signal: whole };
    try {
      return await within(registry.kit.clock, limit, (signal) =>
        remoteDocument(switchman, service, { path, known, signal }),
      );
    } catch (cause) {
      if (!(cause instanceof DeadlineExceeded)) throw cause;
      const url = `${await switchman.originOf(service)}${path}`;
      throw new Error(`timed out waiting for ${url}`, { cause });
    }
  }

  /** A server without OpenAPI is none the worse for it. */
  async #openApi(service: APIService): Promise<Pick<Description, "openApi" | "openApiUrl">> {
    const [second, third] = await Promise.all(
      openApiPaths.map((path) => this.#jsonOf(service, path)),
    );
    const { paths } = (third ?? {}) as { paths?: Record<string, { serverRelativeURL?: string }> };
    const url = paths?.[`apis/${apiVersionOf(service.spec)}`]?.serverRelativeURL;
    return { openApi: second, openApiUrl: url };
  }

  /** The same object as before as long as the server says that it is the same. */
  async #jsonOf(service: APIService, path: string): Promise<object | undefined> {
    const id = `${service.metadata.name} ${path}`;
    const before = this.#documents.get(id);
    try {
      const { status, text, etag } = await this.#document(service, path, before?.etag);
      if (status === 304 && before) return before.json;
      const json = status === 200 ? (JSON.parse(text) as object) : undefined;
      if (json && etag !== undefined) this.#documents.set(id, { etag, json });
      else this.#documents.delete(id);
      return json;
    } catch (cause) {
      this.#options.registry.kit.log.info("an extension server does not describe itself", {
        name: service.metadata.name,
        path,
        cause,
      });
      return undefined;
    }
  }

  async #write(name: string, finding: Finding): Promise<void> {
    const { registry, how } = this.#options;
    const now = timeText(registry.kit.clock);
    const current = registry.reader.get(APIService, "", name)?.object;
    if (!current || statusWith(current, finding, now) === current.status) return;
    const edit = (service: APIService): APIService => ({
      ...service,
      status: statusWith(service, finding, now),
    });
    await registry.change(APIService, { namespace: "", name, part: "status", edit }, how);
  }
}
