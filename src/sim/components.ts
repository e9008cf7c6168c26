/**
 * The components of a simulated cluster, each of which may crash at any moment and is started again:
 * as a process whose supervisor takes care of it.
 */
import type { Clock } from "#base/clock.ts";
import { Bell } from "#base/signal.ts";
import type { ClientFor, Component } from "./control-plane.ts";
import type { Gateway } from "./gateway.ts";

export interface ComponentPorts {
  readonly gateway: Gateway;
  readonly clock: Clock;
}

/** One component, started anew whenever it crashed. */
export class Supervised {
  readonly name: string;
  readonly #component: Component;
  readonly #ports: ComponentPorts;
  readonly #news = new Bell();
  #isDown = false;
  #incarnation = new AbortController();

  constructor(component: Component, ports: ComponentPorts) {
    this.name = component.name;
    this.#component = component;
    this.#ports = ports;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** At once: what it has asked for may or may not happen, and it does not hear of it. */
  crash(): void {
    this.#isDown = true;
    this.#ports.gateway.cut(this.name);
    this.#incarnation.abort();
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
        if (!this.#isDown) throw cause;
      }
      while (this.#isDown && !signal.aborted) await this.#news.heard(signal);
    }
  }

  readonly #clientFor: ClientFor = (user, fieldManager, gate) =>
    this.#ports.gateway.clientFor({ component: this.name, user, fieldManager, gate });
}
