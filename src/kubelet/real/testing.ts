/** A whole kubelet with real containers, against an API of plain maps. */
import { setTimeout as wait } from "node:timers/promises";
import type { Container } from "#api/core/container.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { HttpHandler, HttpRequest, HttpServer } from "#base/http.ts";
import { silent } from "#base/log.ts";
import { systemClock } from "#host/clock.ts";
import { systemDisk } from "#host/disk.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { systemProcesses } from "#host/processes.ts";
import { systemRandom } from "#host/random.ts";
import { processIdsNow, systemFacts } from "#host/system.ts";
import { connect } from "#host/tcp.ts";
import { defaultEviction, type Threshold } from "../eviction/thresholds.ts";
import { createKubelet, type Kubelet } from "../kubelet.ts";
import { deviceOfFile } from "../runtimes/block-devices.ts";
import { cgroupfs } from "../runtimes/cgroupfs.ts";
import { criRuntime, type CriRuntime } from "../runtimes/cri.ts";
import { openChannel } from "../runtimes/grpc-channel.ts";
import { grpcHealth } from "../runtimes/grpc-health.ts";
import { systemMounts } from "../runtimes/mounts.ts";
import { startContainerd, type TestContainerd } from "../runtimes/testing.ts";
import { MemoryClient } from "../testing.ts";

export { whyNoContainerd } from "../runtimes/testing.ts";

export type Parts<T> = { readonly [K in keyof T]?: T[K] };

const patienceMs = 30_000;
export const nodeName = "n1";

interface TestNodeOptions {
  /** No two that run at the same time share one. */
  readonly cgroupRoot: string;
}

interface TestNodeParts {
  readonly containerd: TestContainerd;
  readonly runtime: CriRuntime;
  readonly http: ReturnType<typeof httpClient>;
}

export class TestNode implements AsyncDisposable {
  readonly containerd: TestContainerd;
  readonly runtime: CriRuntime;
  readonly client = new MemoryClient(({ subresource }, object) => ({
    ...object,
    status:
      subresource === "token"
        ? { token: "the-token", expirationTimestamp: "2100-01-01T00:00:00Z" }
        : { allowed: true },
  }));
  readonly #options: TestNodeOptions;
  readonly http: TestNodeParts["http"];
  #server: HttpServer | undefined;
  #kubelet: Kubelet | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: TestNodeOptions, { containerd, runtime, http }: TestNodeParts) {
    this.#options = options;
    this.containerd = containerd;
    this.runtime = runtime;
    this.http = http;
  }

  static async start(options: TestNodeOptions): Promise<TestNode> {
    const containerd = await startContainerd({ isWithoutNetwork: true });
    const runtime = criRuntime({ socket: containerd.socket, clock: systemClock });
    const node = new TestNode(options, { containerd, runtime, http: httpClient() });
    await node.client.create(Service, {
      metadata: { namespace: "default", name: "kubernetes" },
      spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443 }] },
    });
    node.begin();
    const handler: HttpHandler = (request) => {
      if (!node.#kubelet) throw new Error("there is no kubelet");
      return node.#kubelet.http(asAdmin(request));
    };
    node.#server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
    return node;
  }

  /** The port of the kubelet's own server. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Of what the machine has left nothing depends, unless thresholds are given. */
  begin(thresholds: readonly Threshold[] = []): void {
    const disk = systemDisk;
    const { folder, cniConfigFolder, bridge } = this.containerd;
    this.#stop = new AbortController();
    this.#kubelet = createKubelet({
      client: this.client,
      runtime: this.runtime,
      disk,
      mounts: systemMounts({ disk, processes: systemProcesses }),
      cgroups: cgroupfs({ clock: systemClock }),
      http: this.http,
      connect,
      grpcHealth: grpcHealth(systemClock),
      openChannel: (to) => openChannel({ ...to, clock: systemClock }),
      deviceOf: deviceOfFile(),
      machine: systemFacts,
      processIds: processIdsNow,
      clock: systemClock,
      random: systemRandom,
      log: silent,
      nodeName,
      version: "v1.36.0",
      folders: {
        root: `${folder}/kubelet`,
        logs: `${folder}/pod-logs`,
        logLinks: `${folder}/links`,
        cniConfig: cniConfigFolder,
      },
      network: { bridge, masquerades: true },
      cgroupRoot: this.#options.cgroupRoot,
      eviction: { ...defaultEviction, thresholds },
    });
    this.#running = this.#kubelet.run(this.#stop.signal);
  }

  /** As if the kubelet's process had died. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.end();
    this.http[Symbol.dispose]();
    this.runtime[Symbol.dispose]();
    await this.containerd[Symbol.asyncDispose]();
    await cgroupfs({ clock: systemClock }).remove(this.#options.cgroupRoot);
  }

  /** Pods get addresses of this range; before, there is no network. */
  async connect(podCidr: string): Promise<void> {
    await until(() => this.client.all(Node).length > 0, "the node is registered");
    await untilAsync(async () => {
      const [node] = this.client.all(Node);
      if (!node) return false;
      const spec = { ...node.spec, podCIDR: podCidr, podCIDRs: [podCidr] };
      // The kubelet writes to it as well.
      return this.client.update(Node, { ...node, spec }).then(
        () => true,
        () => false,
      );
    }, "the node has addresses for pods");
    await until(() => this.isNodeReady, "the node is Ready");
  }

  get isNodeReady(): boolean {
    return this.nodeCondition?.status === "True";
  }

  get allocatable(): Readonly<Record<string, string>> {
    return this.client.all(Node)[0]?.status.allocatable ?? {};
  }

  get nodeCondition() {
    return this.client.all(Node)[0]?.status.conditions?.find(({ type }) => type === "Ready");
  }

  /** A container that runs until it is stopped, unless `parts` say otherwise. */
  container(name: string, parts: Parts<Container> = {}): Container {
    const blank = {
      name,
      image: this.containerd.image,
      imagePullPolicy: "IfNotPresent",
      terminationMessagePath: "/dev/termination-log",
      command: serving,
      resources: {},
    };
    return { ...blank, ...parts } as Container;
  }

  create(
    name: string,
    app: Parts<Container>,
    { metadata, ...spec }: Parts<PodSpec> & { readonly metadata?: Parts<ObjectMeta> } = {},
  ): Promise<Pod> {
    return this.client.create(Pod, {
      metadata: { namespace: "default", name, generation: 1, ...metadata },
      spec: {
        nodeName,
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 10,
        containers: [this.container("app", app)],
        ...spec,
      },
      status: { phase: "Pending" },
    } as never);
  }

  /** As a user changes a pod: whoever else writes to it meanwhile is outdone. */
  async change(name: string, change: (pod: Pod) => Pod): Promise<void> {
    for (;;) {
      const pod = this.find(name);
      if (!pod) throw new Error(`there is no ${name}`);
      try {
        await this.client.update(Pod, change(pod));
        return;
      } catch (error) {
        if (this.find(name) === pod) throw error;
      }
    }
  }

  find(name: string): Pod | undefined {
    return this.client.all(Pod).find(({ metadata }) => metadata.name === name);
  }

  statusOf(name: string, container = "app") {
    return this.find(name)?.status.containerStatuses?.find((one) => one.name === container);
  }

  isReady(name: string): boolean {
    const { conditions = [] } = this.find(name)?.status ?? {};
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
  }

  async remove(name: string, gracePeriodSeconds = 5): Promise<void> {
    await this.client.delete(Pod, { namespace: "default", name }, { gracePeriodSeconds });
    await until(() => this.find(name) === undefined, `${name} is deleted`);
  }

  async exec(name: string, script: string, container = "app"): Promise<string> {
    const id = (this.statusOf(name, container)?.containerID ?? "").replace("containerd://", "");
    const command = ["sh", "-c", script];
    const { output } = await this.runtime.execSync({ id, command, timeoutSeconds: 10 });
    return new TextDecoder().decode(output).trim();
  }

  /** What the kubelet's own server says. */
  async ask(path: string): Promise<string> {
    const url = `http://127.0.0.1:${this.port}${path}`;
    const { body } = await this.http.call({ method: "GET", url });
    return new TextDecoder().decode(Buffer.concat(await Array.fromAsync(body)));
  }

  eventsOf(name: string): readonly string[] {
    return this.client
      .all(Event)
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason} ${message}`);
  }
}

/** Ends at once when asked to. */
export const serving = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.05; done"];

export const until = (holds: () => boolean, what: string): Promise<void> =>
  untilAsync(async () => holds(), what);

export async function untilAsync(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = systemClock.monotonic() + patienceMs;
  while (!(await holds())) {
    if (systemClock.monotonic() > deadline) throw new Error(`in vain: ${what}`);
    await wait(10);
  }
}

/** As if a client certificate had come with it. */
const asAdmin = (request: HttpRequest): HttpRequest => ({
  method: request.method,
  target: request.target,
  headers: request.headers,
  signal: request.signal,
  body: (bytesMax) => request.body(bytesMax),
  bodyStream: () => request.bodyStream(),
  ...(request.upgrade ? { upgrade: request.upgrade } : {}),
  peer: { ...request.peer, certificate: admin },
});

const admin = {
  commonName: "kube-apiserver-kubelet-client",
  organizations: ["system:masters"],
  raw: new Uint8Array(),
  notAfterMs: Infinity,
};
