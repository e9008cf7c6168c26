/** Makes the kernel forget flows that would go on where no service sends them any more. */
import type { Log } from "#base/log.ts";
import type { CounterChild } from "#base/metrics.ts";
import type { Flow, FlowTable } from "./backend.ts";
import { staleFlows, strayFlows } from "./flows.ts";
import type { ServiceTable } from "./service-table.ts";

export interface FlowCleanerOptions {
  readonly flows: FlowTable;
  readonly services: ServiceTable;
  readonly log: Log;
  readonly forgotten: CounterChild;
}

export class FlowCleaner {
  readonly #options: FlowCleanerOptions;
  /** Nobody knows what happened before. */
  #isNew = true;

  constructor(options: FlowCleanerOptions) {
    this.#options = options;
  }

  /** After the rules changed. Its failure does not undo them. */
  async clean(): Promise<void> {
    const { flows, services, log, forgotten } = this.#options;
    const moves = services.takeMoves();
    try {
      const stale = this.#isNew
        ? await this.#strays()
        : moves.flatMap((move) => staleFlows(move, services.nodeAddresses));
      if (stale.length > 0) forgotten.inc(await flows.forget(stale));
      this.#isNew = false;
    } catch (cause) {
      this.#isNew = true;
      log.warn("flows could not be forgotten", { cause: String(cause) });
    }
  }

  async #strays(): Promise<readonly Flow[]> {
    const { flows, services } = this.#options;
    const routes = services.routes.filter(({ protocol }) => protocol === "udp");
    if (routes.length === 0) return [];
    return strayFlows(await flows.list("udp"), routes, services.nodeAddresses);
  }
}
