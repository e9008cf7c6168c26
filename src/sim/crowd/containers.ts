/**
 * The containers of one pod, imagined: what a container runtime would have of it, without a
 * runtime. What they do is up to the rules.
 */
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import { logPath } from "#kubelet/paths.ts";
import type { ObservedContainer, PodRuntime } from "#kubelet/pod/observed.ts";
import { containerHash } from "#kubelet/pod/pod-containers.ts";
import type { Folders } from "#kubelet/paths.ts";
import type { SandboxStatus } from "#kubelet/runtime.ts";
import { type Instance, started, stopped } from "../nodes/instance.ts";

export interface Making {
  readonly id: string;
  readonly container: Container;
  readonly attempt: number;
  readonly imageRef: string;
  readonly sandboxId: string;
  readonly atMs: number;
  readonly instance: Instance;
}

const noLabels = {};

export class Containers {
  readonly #folders: Folders;
  #runtime: PodRuntime = { sandboxes: [], containers: [] };
  readonly #instances: Map<string, Instance>;

  constructor(folders: Folders, instances: ReadonlyMap<string, Instance> = new Map()) {
    this.#folders = folders;
    this.#instances = new Map(instances);
  }

  /** The same containers; from now on each has its own. */
  fork(): Containers {
    const twin = new Containers(this.#folders, this.#instances);
    twin.#runtime = this.#runtime;
    return twin;
  }

  /** A value: it does not change when they do. */
  get runtime(): PodRuntime {
    return this.#runtime;
  }

  /** Also of containers that have ended, until they are removed. */
  get instances(): Iterable<Instance> {
    return this.#instances.values();
  }

  instance(id: string): Instance | undefined {
    return this.#instances.get(id);
  }

  runSandbox(
    pod: Pod,
    sandbox: Pick<SandboxStatus, "id" | "ips" | "createdAtMs">,
    attempt: number,
  ) {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const made: SandboxStatus = {
      ...sandbox,
      metadata: { namespace, name, uid, attempt },
      isReady: true,
      labels: noLabels,
      annotations: noLabels,
      network: pod.spec.hostNetwork ? "NODE" : "POD",
    };
    this.#set({ sandboxes: [made, ...this.#runtime.sandboxes] });
  }

  /** The addresses that are free again. */
  stopSandbox(id: string): readonly string[] {
    const found = this.#runtime.sandboxes.find((sandbox) => sandbox.id === id && sandbox.isReady);
    this.#set({
      sandboxes: this.#runtime.sandboxes.map((sandbox) =>
        sandbox.id === id ? { ...sandbox, isReady: false, ips: [] } : sandbox,
      ),
    });
    return found?.ips ?? [];
  }

  removeSandbox(id: string): void {
    this.#set({ sandboxes: this.#runtime.sandboxes.filter((sandbox) => sandbox.id !== id) });
  }

  create(pod: Pod, { id, container, attempt, imageRef, sandboxId, atMs, instance }: Making): void {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const made: ObservedContainer = {
      id,
      name: container.name,
      sandboxId,
      restartCount: attempt,
      hash: containerHash(container),
      resources: container.resources,
      state: "created",
      createdAtMs: atMs,
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: "",
      message: "",
      image: container.image ?? "",
      imageRef,
      logPath: logPath(this.#folders, {
        pod: { namespace, name, uid },
        container: container.name,
        attempt,
      }),
    };
    this.#instances.set(id, instance);
    this.#set({ containers: [made, ...this.#runtime.containers] });
  }

  resize(id: string, resources: ResourceRequirements | undefined): void {
    if (resources) this.#change(id, { resources });
  }

  start(id: string, atMs: number): void {
    const instance = this.#instances.get(id);
    if (instance) this.#instances.set(id, started(instance, atMs));
    this.#change(id, { state: "running", startedAtMs: atMs });
  }

  /** False when it had ended already. */
  end(
    id: string,
    end: { readonly exitCode: number; readonly atMs: number } & Partial<Said>,
  ): boolean {
    const known = this.#runtime.containers.find((container) => container.id === id);
    if (!known || known.state === "exited") return false;
    const { exitCode, atMs, message = "" } = end;
    const instance = this.#instances.get(id);
    if (instance) this.#instances.set(id, stopped(instance, atMs));
    const reason = end.reason ?? (exitCode === 0 ? "Completed" : "Error");
    this.#change(id, { state: "exited", exitCode, reason, message, finishedAtMs: atMs });
    return true;
  }

  remove(id: string): void {
    this.#instances.delete(id);
    this.#set({ containers: this.#runtime.containers.filter((container) => container.id !== id) });
  }

  clear(): void {
    this.#instances.clear();
    this.#runtime = { sandboxes: [], containers: [] };
  }

  #change(id: string, change: Partial<ObservedContainer>): void {
    this.#set({
      containers: this.#runtime.containers.map((container) =>
        container.id === id ? { ...container, ...change } : container,
      ),
    });
  }

  #set(change: Partial<PodRuntime>): void {
    this.#runtime = { ...this.#runtime, ...change };
  }
}

interface Said {
  readonly reason: string;
  readonly message: string;
}
