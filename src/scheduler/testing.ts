/**
 * A control plane for tests of the scheduler: the real API server over a memory store, the real
 * scheduler, one virtual clock.
 */
import { Node } from "#api/core/node.ts";
import type { PodPlacement } from "#api/core/pod-placement.ts";
import type { Pod } from "#api/core/pod.ts";
import type { User } from "#api/request.ts";
import { servedKinds } from "#api/served-kinds.ts";
import { createAuthorizer } from "#apiserver/authz/union.ts";
import { nodeRules } from "#apiserver/bootstrap/node-rules.ts";
import type { ServerPorts } from "#apiserver/ports.ts";
import type { ApiServer } from "#apiserver/server.ts";
import { makeReady, quietServer } from "#apiserver/testing.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import { complainingTo } from "#base/testing.ts";
import type { Client } from "#client/client.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import { createScheduler, type Scheduler, type SchedulerOptions } from "./scheduler.ts";

export interface TestCluster extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** The administrator's. */
  readonly client: Client;
  readonly scheduler: Scheduler;
  readonly metrics: Metrics;
  /** Lets everything happen that can happen at this moment. */
  readonly settle: () => Promise<void>;
  /** Stops the scheduler, and runs it again. */
  readonly restart: () => Promise<void>;
  /** What was logged as a warning or an error. */
  readonly complaints: readonly string[];
}

export interface TestClusterOptions extends Pick<
  SchedulerOptions,
  "profiles" | "extenders" | "http" | "gates"
> {
  readonly seed?: number;
  /** Stands between the scheduler and the server: faults. */
  readonly through?: (client: Client) => Client;
}

const admin: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const scheduling: User = { name: "system:kube-scheduler", groups: ["system:authenticated"] };

async function startServer(
  ports: Pick<ServerPorts, "clock" | "random" | "log" | "explainPod" | "gates">,
): Promise<ApiServer> {
  const reader = (): ApiServer["registry"]["reader"] => server.registry.reader;
  const authorizer = createAuthorizer({ reader, nodeRules });
  const kinds = servedKinds(ports.gates);
  const server: ApiServer = quietServer({ kinds, virtuals: [], ports: { ...ports, authorizer } });
  await makeReady(server, ports);
  return server;
}

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed ?? 1);
  const complaints: string[] = [];
  const log = complainingTo(complaints);
  let stop = new AbortController();
  const explainPod = (pod: Pod): PodPlacement | undefined => scheduler.explain(pod);
  const { through = (direct) => direct, profiles, extenders, http, gates } = options;
  const server = await startServer({ clock, random, log, explainPod, gates });
  const clientOf = (user: User): Client =>
    createClient(inProcess(server.handle, user), { fieldManager: user.name });
  const metrics = new Metrics();
  const scheduler: Scheduler = createScheduler({
    client: through(clientOf(scheduling)),
    clock,
    random,
    log,
    metrics,
    gates,
    ...(profiles ? { profiles } : {}),
    ...(extenders ? { extenders } : {}),
    ...(http ? { http } : {}),
  });
  let running = scheduler.run(stop.signal);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await drain();
    await clock.advance(1);
  };
  const halt = async (): Promise<void> => {
    stop.abort();
    await drain();
    await running;
  };
  await settle();
  return {
    clock,
    client: clientOf(admin),
    scheduler,
    metrics,
    settle,
    restart: async () => {
      await halt();
      stop = new AbortController();
      running = scheduler.run(stop.signal);
      await settle();
    },
    complaints,
    [Symbol.asyncDispose]: async () => {
      await halt();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Four processors, eight gibibytes, room for 110 pods, and `more`. */
export async function addNode(
  { client }: TestCluster,
  name: string,
  more: object = {},
): Promise<void> {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110", ...more };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { capacity: allocatable, allocatable },
  });
}
