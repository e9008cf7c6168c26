/** Small clusters for tests, as values: no server, no informers. */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { objectFrom } from "#api/testing.ts";
import type { Objects } from "./objects.ts";
import type { PodInfo } from "./pod-info.ts";
import { Snapshot } from "./snapshot.ts";

export interface NodeParts {
  readonly labels?: object;
  readonly annotations?: object;
  readonly taints?: readonly object[];
  readonly unschedulable?: boolean;
  readonly allocatable?: object;
  readonly images?: readonly object[];
  readonly conditions?: readonly object[];
  readonly declaredFeatures?: readonly string[];
}

/** With its host name as label, unless other labels are given. */
export function nodeOf(name: string, parts: NodeParts = {}): Node {
  const { labels = { "kubernetes.io/hostname": name }, annotations, images, conditions } = parts;
  const { taints, unschedulable, declaredFeatures } = parts;
  const allocatable = { cpu: "4", memory: "8Gi", pods: "10", ...parts.allocatable };
  return objectFrom(Node, {
    metadata: { name, labels, ...(annotations ? { annotations } : {}) },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: {
      allocatable,
      capacity: allocatable,
      ...(images ? { images } : {}),
      ...(conditions ? { conditions } : {}),
      ...(declaredFeatures ? { declaredFeatures } : {}),
    },
  });
}

export interface PodParts {
  readonly namespace?: string;
  readonly labels?: object;
  readonly metadata?: object;
  readonly requests?: object;
  readonly container?: object;
  readonly spec?: object;
  readonly status?: object;
  /** The node it stands on. */
  readonly on?: string;
}

/** Its uid is made of its namespace and name. */
export function podOf(name: string, parts: PodParts = {}): Pod {
  const { namespace = "default", labels, metadata, requests, container, on } = parts;
  const resources = requests ? { resources: { requests } } : {};
  const pod = objectFrom(Pod, {
    metadata: {
      name,
      namespace,
      uid: `${namespace}/${name}`,
      generation: 1,
      ...(labels ? { labels } : {}),
      ...metadata,
    },
    spec: {
      containers: [{ name: "main", image: "main:1", ...resources, ...container }],
      ...parts.spec,
      ...(on ? { nodeName: on } : {}),
    },
  });
  return parts.status ? { ...pod, status: { ...pod.status, ...parts.status } } : pod;
}

/** Objects of other kinds, by hand. */
export class TestObjects implements Objects {
  readonly #objects = new Map<AnyKind, Map<string, ApiObject>>();
  readonly #versions = new Map<AnyKind, number>();

  /** With the status as it is given: a new object would lose it. */
  put<T extends ApiObject>(kind: Kind<T>, manifest: object): void {
    const status = "status" in manifest ? { status: manifest.status } : {};
    const object = { ...objectFrom(kind, manifest), ...status };
    const objects = this.#objects.get(kind) ?? new Map<string, ApiObject>();
    objects.set(keyOf(object.metadata.namespace, object.metadata.name ?? ""), object);
    this.#objects.set(kind, objects);
    this.#versions.set(kind, this.version(kind) + 1);
  }

  remove(kind: AnyKind, namespace: string | undefined, name: string): void {
    this.#objects.get(kind)?.delete(keyOf(namespace, name));
    this.#versions.set(kind, this.version(kind) + 1);
  }

  readonly get = <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined => this.#objects.get(kind)?.get(keyOf(namespace, name)) as T | undefined;

  readonly list = <T extends ApiObject>(kind: Kind<T>, namespace?: string): readonly T[] =>
    [...(this.#objects.get(kind)?.values() ?? [])].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    ) as T[];

  readonly version = (kind: AnyKind): number => this.#versions.get(kind) ?? 0;
}

const keyOf = (namespace = "", name: string): string => `${namespace}/${name}`;

export interface TestSnapshot {
  readonly snapshot: Snapshot;
  readonly objects: TestObjects;
}

/** Pods that have a node are placed on it. */
export function snapshotOf(nodes: readonly Node[], pods: readonly Pod[] = []): TestSnapshot {
  const objects = new TestObjects();
  const snapshot = new Snapshot(objects);
  for (const node of nodes) snapshot.setNode(node);
  for (const pod of pods) place(snapshot, pod);
  return { snapshot, objects };
}

export function place(snapshot: Snapshot, pod: Pod): PodInfo {
  const info = snapshot.podInfos.of(pod);
  snapshot.place(info, pod.spec.nodeName ?? "");
  return info;
}
