/**
 * What a simulated cluster asks of the real world, where it is allowed to: files and URLs to apply, a
 * port to be reached at, webhooks of other programs. `k8ts/testing` hands it in; without it there is none.
 */
import type { Clock } from "#base/clock.ts";
import type { HttpClient, HttpHandler } from "#base/http.ts";
import type { Random } from "#base/random.ts";
import type { Authority } from "#controllers/certificates/signer.ts";

/** What is listened for. */
export interface Serving {
  readonly handler: HttpHandler;
  /** Whoever shows it is the administrator. */
  readonly token: string;
  /** A free one when absent. */
  readonly port?: number | undefined;
  /** Of the server's certificate, and of clients' that are believed; one of its own when absent. */
  readonly authority?: Authority | undefined;
}

/** A cluster that can be reached from outside, until it is disposed of. */
export interface Served extends AsyncDisposable {
  /** `https://127.0.0.1:41234`. */
  readonly url: string;
  /** For whoever connects with it: YAML, of the administrator. */
  readonly kubeconfig: string;
}

export interface OutsideWorld {
  readonly read: (where: string | URL) => Promise<string>;
  readonly serve: (serving: Serving) => Promise<Served>;
  readonly http: HttpClient;
  /** How long programs out there take; the cluster's own time stands still meanwhile. */
  readonly clock: Clock;
  /** For secrets that nobody who knows the seed may guess. */
  readonly random: Random;
}

const refuse = async ({ url }: { readonly url: string }): Promise<never> => {
  throw Object.assign(new Error(`${url}: a simulated cluster has no network`), {
    code: "ENETUNREACH",
  });
};

const absent = async (): Promise<never> => {
  throw new TypeError("this cluster knows no outside world: create it with k8ts/testing");
};

const stoppedClock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after: () => ({ [Symbol.dispose]: () => undefined }),
};

export const noOutsideWorld: OutsideWorld = {
  read: absent,
  serve: absent,
  http: { call: refuse, upgrade: refuse },
  clock: stoppedClock,
  random: { next: () => 0, bytes: (count) => new Uint8Array(count) },
};
