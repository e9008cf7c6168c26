/**
 * A control plane for tests: the real API server over a memory store, the real controllers, one
 * virtual clock, and, where asked for, nodes whose pods run without containers.
 */
import { isPodReady, isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import { defaultAdmission } from "#apiserver/admission/profile.ts";
import { createAuthorizer } from "#apiserver/authz/union.ts";
import { controllerRole } from "#apiserver/bootstrap/bootstrap.ts";
import { nodeRules } from "#apiserver/bootstrap/node-rules.ts";
import type { ServerPorts } from "#apiserver/ports.ts";
import type { ApiServer } from "#apiserver/server.ts";
import { allKinds, makeReady, quietServer, unused } from "#apiserver/testing.ts";
import { formatTime, hours } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import { complainingTo } from "#base/testing.ts";
import type { Client } from "#client/client.ts";
import { createClient } from "#client/typed.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import { type Authority, certificateSigner } from "./certificates/signer.ts";
import { controllerRoles } from "./roles.ts";
import { type ControllersOptions, startControllers } from "./start.ts";

export interface TestCluster extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** The administrator's. */
  readonly client: Client;
  readonly clientOf: (user: User) => Client;
  readonly advance: (ms: number) => Promise<void>;
  /** The controllers end wherever they are, and begin again with nothing but what is stored. */
  readonly restart: () => Promise<void>;
  /** What was logged as a warning or an error. */
  readonly complaints: readonly string[];
}

export interface TestClusterOptions {
  readonly seed?: number;
  /** Stands between the controllers and the server: faults. */
  readonly through?: (client: Client, clock: VirtualClock) => Client;
  /** Pods get a node and become ready so long after they were made; never when absent. */
  readonly podsReadyAfterMs?: number;
  /** Pods that never become ready. */
  readonly neverReady?: (pod: Pod) => boolean;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Signs certificates. */
  readonly authority?: Authority;
}

const admin: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };

const manager: User = { name: "system:kube-controller-manager", groups: ["system:authenticated"] };

const account = (name: string): User => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
});

const usual: ControllersOptions = {
  kinds: allKinds,
  rootCa: "PEM",
  clusterCidrs: ["10.244.0.0/16"],
};

/** Everything on the way of a request is the real thing: identities, roles, admission. */
async function startServer(
  ports: Pick<ServerPorts, "clock" | "random" | "log">,
  settings: ControllersOptions,
): Promise<ApiServer> {
  const { clock, random } = ports;
  const reader = (): ApiServer["registry"]["reader"] => server.registry.reader;
  const authorizer = createAuthorizer({ reader, nodeRules });
  const server: ApiServer = quietServer({
    admission: defaultAdmission({ clock, random, authorizer }),
    ports: {
      ...ports,
      authorizer,
      tokens: {
        issue: async ({ serviceAccount, secret }) => ({
          token: `token of ${serviceAccount.name} for ${secret?.name}`,
          expiresMs: clock.now() + hours(1),
          id: "1",
        }),
        jwks: unused,
        issuer: "us",
      },
    },
  });
  const roles = controllerRoles(settings).map(({ identity, rules }) =>
    controllerRole(identity, rules),
  );
  await makeReady(server, { clock, roles });
  return server;
}

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed ?? 1);
  const complaints: string[] = [];
  const log = options.log ?? complainingTo(complaints);
  const { authority } = options;
  const signer = authority && certificateSigner(authority, { clock, random });
  const settings = signer ? { ...usual, signer } : usual;
  const server = await startServer({ clock, random, log }, settings);
  const { through = (direct) => direct } = options;
  const clientOf = (user: User): Client =>
    createClient(inProcess(server.handle, user), { fieldManager: user.name });
  const start = (): AsyncDisposable => {
    const stop = new AbortController();
    const running = startControllers({
      ...settings,
      clientFor: (name) => through(clientOf(account(name)), clock),
      reader: through(clientOf(manager), clock),
      clock,
      random,
      log,
      ...(options.metrics ? { metrics: options.metrics } : {}),
      signal: stop.signal,
    });
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await drain();
        await running;
      },
    };
  };
  let controllers = start();
  const client = clientOf(admin);
  const { podsReadyAfterMs, neverReady = () => false } = options;
  const kubelets =
    podsReadyAfterMs === undefined
      ? undefined
      : new Kubelets(client, clock, { readyAfterMs: podsReadyAfterMs, neverReady });
  // Pods are refused as long as their namespace has no service account.
  await clock.advance(100);
  return {
    clock,
    client,
    clientOf,
    complaints,
    advance: async (ms) => {
      const stepMs = Math.max(ms / 20, 50);
      for (let left = ms; left > 0; left -= stepMs) {
        await kubelets?.look();
        await clock.advance(Math.min(stepMs, left));
      }
    },
    restart: async () => {
      await controllers[Symbol.asyncDispose]();
      controllers = start();
    },
    [Symbol.asyncDispose]: async () => {
      await controllers[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Habits {
  readonly readyAfterMs: number;
  readonly neverReady: (pod: Pod) => boolean;
}

/** Sees to it that pods run, become ready after a while, and go when they are deleted. */
class Kubelets {
  readonly #client: Client;
  readonly #clock: VirtualClock;
  readonly #habits: Habits;
  #addresses = 1;

  constructor(client: Client, clock: VirtualClock, habits: Habits) {
    this.#client = client;
    this.#clock = clock;
    this.#habits = habits;
  }

  async look(): Promise<void> {
    const { items } = await this.#client.list(Pod);
    for (const pod of items) {
      if (pod.metadata.deletionTimestamp) await this.#remove(pod);
      else if (!isPodReady(pod) && !isPodTerminal(pod) && this.#isDue(pod)) await this.#ready(pod);
    }
  }

  #isDue(pod: Pod): boolean {
    const { readyAfterMs, neverReady } = this.#habits;
    const createdMs = Date.parse(pod.metadata.creationTimestamp ?? "");
    return createdMs + readyAfterMs <= this.#clock.now() && !neverReady(pod);
  }

  async #ready(pod: Pod): Promise<void> {
    const { namespace, name = "" } = pod.metadata;
    // Ready again, where it had been given up.
    const podIP = pod.status.podIP ?? `10.244.${this.#addresses >> 8}.${this.#addresses++ & 255}`;
    const time = formatTime(this.#clock.now());
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: time }];
    const startTime = pod.metadata.creationTimestamp;
    const status = { phase: "Running", startTime, podIP, podIPs: [{ ip: podIP }], conditions };
    const change = { status };
    await this.#client.patch(
      Pod,
      { namespace, name, subresource: "status" },
      { is: "strategic", change },
    );
  }

  async #remove({ metadata: { namespace, name = "" } }: Pod): Promise<void> {
    try {
      await this.#client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });
    } catch (cause) {
      // A controller may have been faster.
      if (!isReason(cause, "NotFound")) throw cause;
    }
  }
}

/** A Secret that holds a bootstrap token, good for signing. */
export const bootstrapToken = (id: string, more: Readonly<Record<string, string>> = {}) => ({
  metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
  type: "bootstrap.kubernetes.io/token",
  stringData: {
    "token-id": id,
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-signing": "true",
    ...more,
  },
});
