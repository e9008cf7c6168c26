/**
 * The components of a simulated cluster, each of which may crash at any moment and is started again:
 * as a process whose supervisor takes care of it.
 */
import { AssertionFailed } from "#base/assert.ts";
import { Bell } from "#base/signal.ts";
import type { ClientFor, Component } from "./control-plane.ts";
import type { Gateway } from "./gateway.ts";

/** One component, started anew whenever it crashed. */
export class Supervised {
  readonly name: string;
  readonly #component: Component;
  readonly #gateway: Gateway;
  readonly #news = new Bell();
  #isDown = false;
  #incarnation = new AbortController();

  constructor(component: Component, gateway: Gateway) {
    this.name = component.name;
    this.#component = component;
    this.#gateway = gateway;
  }

  /** At once: what it has asked for may or may not happen, and it does not hear of it. */
  crash(): void {
    this.#isDown = true;
    this.#incarnation.abort();
    this.#gateway.cut(this.name);
  }

  restart(): void {
    this.#isDown = false;
    this.#news.ring();
  }

  /** Until `signal` aborts; fails only on a bug. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#incarnation = new AbortController();
      const until = AbortSignal.any([signal, this.#incarnation.signal]);
      try {
        await this.#component.run(this.#clientFor, until);
      } catch (cause) {
        // Whoever was cut off may say so; anything else is a bug.
        if (cause instanceof AssertionFailed || !until.aborted) throw cause;
      }
      while (this.#isDown && !signal.aborted) await this.#news.heard(signal);
    }
  }

  readonly #clientFor: ClientFor = (user, fieldManager, gate) =>
    this.#gateway.clientFor({ component: this.name, user, fieldManager, gate });
}
