/**
 * Programs on this node that extend the kubelet. Each puts a socket into one folder; for as long as
 * it lies there, the plugin behind it is in use. A socket that was replaced is another plugin.
 * upstream: pkg/kubelet/pluginmanager
 */
import { type BackoffOptions, backoffDelay } from "#base/backoff.ts";
import { minutes, sleep } from "#base/clock.ts";
import { aborted, Bell } from "#base/signal.ts";
import { pluginRegistry } from "../paths.ts";
import type { PluginContext, PluginHandler, PluginInfo } from "./plugin-handler.ts";
import { register } from "./registration.ts";

export interface PluginsOptions extends Omit<PluginContext, "find" | "signal"> {
  readonly handlers: readonly PluginHandler[];
}

/** One socket. */
interface Follower {
  /** Which of the sockets of this name it is. */
  readonly identity: string;
  readonly gone: AbortController;
  readonly ended: Promise<void>;
}

const retries: BackoffOptions = { firstMs: 200, maxMs: minutes(2) };

export class Plugins {
  readonly #options: PluginsOptions;
  readonly #handlers: ReadonlyMap<string, PluginHandler>;
  /** By the path of its socket. */
  readonly #followers = new Map<string, Follower>();
  /** In the order of registration, by the path of the socket. */
  readonly #registered = new Map<string, PluginInfo>();
  readonly #news = new Bell();

  constructor(options: PluginsOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.type, handler]));
  }

  /** The plugin of that name; of several that run at once, the one that registered last. */
  find(type: string, name: string): PluginInfo | undefined {
    return [...this.#registered.values()].findLast(
      (info) => info.type === type && info.name === name,
    );
  }

  /** Resolves when a plugin comes or goes, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return this.#news.heard(signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { disk, folders } = this.#options;
    const folder = pluginRegistry(folders);
    await disk.makeFolder(folder, 0o750);
    const stirred = new Bell();
    using _watch = disk.observe(folder, () => stirred.ring());
    while (!signal.aborted) {
      const stir = stirred.heard(signal);
      await this.#look(folder, signal);
      await stir;
    }
    await Promise.all([...this.#followers.values()].map(({ ended }) => ended));
  }

  async #look(folder: string, signal: AbortSignal): Promise<void> {
    try {
      const sockets = await this.#sockets(folder);
      for (const [path, follower] of this.#followers)
        if (sockets.get(path) !== follower.identity) follower.gone.abort();
      for (const [path, identity] of sockets) this.#follow(path, identity, signal);
    } catch (error) {
      this.#options.log.warn("cannot look for plugins", { folder, cause: String(error) });
    }
  }

  async #sockets(folder: string): Promise<ReadonlyMap<string, string>> {
    const { disk } = this.#options;
    const sockets = new Map<string, string>();
    for (const name of (await disk.list(folder)) ?? []) {
      const path = `${folder}/${name}`;
      const facts = name.startsWith(".") ? undefined : await disk.facts(path);
      if (facts?.is === "socket") sockets.set(path, `${facts.inode}@${facts.modifiedMs}`);
    }
    return sockets;
  }

  /** Whoever comes after another one of the same path waits until that one is done with. */
  #follow(path: string, identity: string, signal: AbortSignal): void {
    const before = this.#followers.get(path);
    if (before?.identity === identity) return;
    const gone = new AbortController();
    const serve = async (): Promise<void> => {
      await before?.ended;
      await this.#serve(path, gone.signal, signal);
      if (this.#followers.get(path)?.gone === gone) this.#followers.delete(path);
    };
    this.#followers.set(path, { identity, gone, ended: serve() });
  }

  async #serve(path: string, gone: AbortSignal, stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([gone, stop]);
    await this.#registerUntilDone(path, signal);
    await aborted(signal);
    const info = this.#registered.get(path);
    if (info && !stop.aborted) await this.#deregister(path, info, stop);
  }

  async #registerUntilDone(path: string, signal: AbortSignal): Promise<void> {
    const { clock, openChannel, log } = this.#options;
    const take = (handler: PluginHandler, info: PluginInfo): Promise<void> =>
      this.#take(handler, info, { path, signal });
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await register({ openChannel, socket: path, handlers: this.#handlers, take, signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("plugin is not registered", { socket: path, cause: String(error) });
      }
      await sleep(clock, backoffDelay(retries, failures), signal);
    }
  }

  async #take(handler: PluginHandler, info: PluginInfo, { path, signal }: At): Promise<void> {
    await handler.register?.(info, this.#context(signal));
    this.#registered.delete(path);
    this.#registered.set(path, info);
    this.#options.log.info("plugin registered", { socket: path, type: info.type, name: info.name });
    this.#news.ring();
  }

  async #deregister(path: string, info: PluginInfo, stop: AbortSignal): Promise<void> {
    const { log } = this.#options;
    this.#registered.delete(path);
    log.info("plugin is gone", { socket: path, type: info.type, name: info.name });
    this.#news.ring();
    try {
      await this.#handlers.get(info.type)?.deregister?.(info, this.#context(stop));
    } catch (error) {
      log.warn("plugin is not taken leave of", { name: info.name, cause: String(error) });
    }
  }

  #context(signal: AbortSignal): PluginContext {
    return { ...this.#options, signal, find: (type, name) => this.find(type, name) };
  }
}

interface At {
  readonly path: string;
  readonly signal: AbortSignal;
}
