/** The API server of a simulated cluster as a process: it can crash, and starts again from the store. */
import type { Inheritance } from "#apiserver/cache/watch-cache.ts";
import { shared } from "#apiserver/cache/watch-cache.ts";
import type { ApiHandler } from "#api/request.ts";
import type { Store } from "#store/store.ts";
import type { ControlPlane, ControlPlaneOptions } from "./control-plane.ts";
import { type Gateway, unreachable } from "./gateway.ts";
import type { StoreGate } from "./store-gate.ts";

type Start = Pick<ControlPlaneOptions, "store" | "isBootstrapped" | "inherited">;

export interface ServerProcessOptions {
  readonly store: Store;
  /** The store has what every cluster has. */
  readonly isBootstrapped: boolean;
  /** What a server over the store's origin had read. */
  readonly inherited: Inheritance | undefined;
  readonly gateway: Gateway;
  readonly storeGate: StoreGate;
  readonly signal: AbortSignal;
  readonly create: (start: Required<Start>) => ControlPlane;
}

export class ServerProcess implements AsyncDisposable {
  readonly #options: ServerProcessOptions;
  #inherited: Inheritance | undefined;
  #isBootstrapped: boolean;
  #control: ControlPlane | undefined;
  #life = new AbortController();
  #isDown = false;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#inherited = options.inherited;
    this.#isBootstrapped = options.isBootstrapped;
  }

  /** Made when first asked for: a fork that nobody uses costs nothing. */
  get control(): ControlPlane {
    return (this.#control ??= this.#create());
  }

  /** Throws while it is down. */
  get handle(): ApiHandler {
    if (this.#isDown) throw unreachable("it is down");
    return this.control.server.handle;
  }

  async start(): Promise<void> {
    await this.control.start(this.#options.signal);
    this.#isBootstrapped = true;
  }

  /** For a server over a fork of the store. Undefined: it has to read it all by itself. */
  inheritance(): Inheritance | undefined {
    if (this.#control) return this.#control.server.inheritance();
    // What nobody has asked for yet is still what the origin had read.
    return this.#inherited && shared(this.#inherited);
  }

  /** At once: what it was doing has no effect any more, and whoever waits for it hears nothing. */
  crash(): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#life.abort(unreachable("it crashed"));
    this.#options.gateway.interrupt(() => true, unreachable("it crashed"));
    void this.#control?.[Symbol.asyncDispose]();
    this.#control = undefined;
    this.#inherited = undefined;
  }

  restart(): void {
    this.#isDown = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control?.[Symbol.asyncDispose]();
  }

  #create(): ControlPlane {
    const { store, storeGate, signal, create } = this.#options;
    this.#life = new AbortController();
    const inherited = this.#inherited;
    this.#inherited = undefined;
    const alive = AbortSignal.any([signal, this.#life.signal]);
    const isBootstrapped = this.#isBootstrapped;
    return create({ store: storeGate.open(store, alive), isBootstrapped, inherited });
  }
}
