/**
 * ConfigMaps and Secrets as pods need them: followed by a watch of their own while some pod shows
 * them, asked for otherwise. A kubelet may see no other ones.
 */
import { ConfigMap } from "#api/core/configmap.ts";
import { Secret } from "#api/core/secret.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { seconds, sleep } from "#base/clock.ts";
import type { ObjectName } from "#client/client.ts";
import { find } from "#client/find.ts";
import { Informer, type InformerOptions } from "#client/informer.ts";
import type { Reference } from "./container/environment.ts";

interface Followed {
  readonly informer: Informer;
  readonly stop: AbortController;
  readonly listeners: Set<() => void>;
}

const syncMsMax = seconds(2);

const kinds = { ConfigMap, Secret } as const;

export class ObjectCache {
  readonly #options: InformerOptions;
  readonly #followed = new Map<string, Followed>();

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  /** Follows the object until disposed; calls `changed` whenever it is another one than before. */
  follow(namespace: string, reference: Reference, changed: () => void): Disposable {
    const key = keyOf(reference.kind, namespace, reference.name);
    const followed = this.#followed.get(key) ?? this.#start(namespace, reference);
    this.#followed.set(key, followed);
    followed.listeners.add(changed);
    return {
      [Symbol.dispose]: () => {
        followed.listeners.delete(changed);
        if (followed.listeners.size > 0) return;
        followed.stop.abort();
        this.#followed.delete(key);
      },
    };
  }

  #start(namespace: string, { kind, name }: Reference): Followed {
    const fieldSelector = `metadata.name=${name}`;
    const informer = new Informer(kinds[kind], this.#options, {
      namespace,
      fieldSelector,
    });
    const listeners = new Set<() => void>();
    informer.onChange(() => {
      // Whoever follows waits for the first list, so it is no news.
      if (informer.isSynced) for (const changed of listeners) changed();
    });
    const stop = new AbortController();
    void informer.run(stop.signal);
    return { informer, stop, listeners };
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#find(ConfigMap, namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#find(Secret, namespace, name);
  }

  find(namespace: string, { kind, name }: Reference): Promise<ConfigMap | Secret | undefined> {
    return kind === "Secret" ? this.secret(namespace, name) : this.configMap(namespace, name);
  }

  async #find<T extends ApiObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const followed = this.#followed.get(keyOf(kind.kind, namespace, name));
    if (followed) await this.#synced(followed);
    const known = followed?.informer.get(namespace, name);
    // What is not known may have been made a moment ago.
    return known ? (known as T) : this.get(kind, { namespace, name });
  }

  /** The first list, unless it takes too long. */
  async #synced({ informer, stop }: Followed): Promise<void> {
    const patience = new AbortController();
    const signal = AbortSignal.any([patience.signal, stop.signal]);
    const tooLong = sleep(this.#options.clock, syncMsMax, signal);
    await Promise.race([informer.synced, tooLong]);
    patience.abort();
  }

  /** Undefined when there is no such object. */
  readonly get = <T extends ApiObject>(kind: Kind<T>, name: ObjectName): Promise<T | undefined> =>
    find(kind, name, { client: this.#options.client });
}

const keyOf = (kind: string, namespace: string, name: string): string =>
  `${kind}/${namespace}/${name}`;
