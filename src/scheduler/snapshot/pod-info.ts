/**
 * What the scheduler knows of a pod. Pods of one template are alike to it: they share a `Shape`
 * (what their specs ask of nodes), and those with the same labels in one namespace a `Kin`.
 * Whatever was worked out for one of them holds for all.
 */
import { claimsOf } from "./claims.ts";
import { hostPortsOf, type HostPort } from "./host-ports.ts";
import { type PodTerms, podTermsOf, type Selectable } from "./pod-selection.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Labels } from "#api/selectors.ts";
import { isResized, type Requests, requestsOf } from "./requests.ts";
import type { ResourceNames } from "./resources.ts";
import { shapeKeyOf } from "./shape-key.ts";

/** Remembers what plugins worked out; each uses a key of its own. */
export class Memo {
  /** There are as many memos as pods, and most of them stay empty. */
  #values: Map<object, unknown> | undefined;

  /** The key says what the value is: one key must not stand for two types. */
  of<T>(key: object, make: () => T): T {
    const known = this.#values?.get(key);
    if (known !== undefined) return known as T;
    const made = make();
    this.set(key, made);
    return made;
  }

  set(key: object, value: unknown): void {
    this.#values ??= new Map();
    this.#values.set(key, value);
  }
}

/** What pods of one template ask of nodes. It knows neither their names nor their labels. */
export class Shape {
  readonly key: string;
  /** One pod's, for the fields that make the key. */
  readonly spec: PodSpec;
  readonly requests: Requests;
  readonly hostPorts: readonly HostPort[];
  /** Some of its volumes are claims. */
  readonly usesClaims: boolean;
  /** Something of it goes by the pod's own name: one pod's answers say nothing about another. */
  readonly isPersonal: boolean;
  readonly memo = new Memo();
  /** Of its namespace; those of a group are decided on together. */
  readonly groupName: string | undefined;
  /** How many decisions were made for such pods. */
  uses = 0;
  /** Most shapes have one kin only; a table of them would be the biggest part of it. */
  #first: Kin | undefined;
  #others: WeakMap<LabelSet, Kin> | undefined;

  constructor(key: string, pod: Pod, names: ResourceNames) {
    this.key = key;
    this.spec = pod.spec;
    this.requests = requestsOf({ spec: pod.spec }, names);
    this.hostPorts = hostPortsOf(pod.spec);
    this.groupName = pod.spec.schedulingGroup?.podGroupName;
    this.usesClaims = claimsOf(pod).length > 0;
    const { volumes = [], resourceClaims = [] } = pod.spec;
    this.isPersonal = resourceClaims.length > 0 || volumes.some(({ ephemeral }) => ephemeral);
  }

  kinOf(labelSet: LabelSet): Kin {
    if (this.#first?.labelSet === labelSet) return this.#first;
    const known = this.#others?.get(labelSet);
    if (known) return known;
    const kin = new Kin(this, labelSet);
    if (!this.#first) return (this.#first = kin);
    this.#others ??= new WeakMap();
    this.#others.set(labelSet, kin);
    return kin;
  }
}

/** Labels in a namespace. */
export class LabelSet implements Selectable {
  readonly key: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly memo = new Memo();
  /** Those that have a node. */
  readonly pods = new Set<PodInfo>();

  constructor(key: string, { namespace, labels }: Selectable) {
    this.key = key;
    this.namespace = namespace;
    this.labels = labels;
  }
}

/** Pods of one shape with the same labels in one namespace. */
export class Kin {
  readonly shape: Shape;
  readonly labelSet: LabelSet;
  readonly memo = new Memo();
  #terms: PodTerms | undefined;

  constructor(shape: Shape, labelSet: LabelSet) {
    this.shape = shape;
    this.labelSet = labelSet;
  }

  get terms(): PodTerms {
    return (this.#terms ??= podTermsOf(this.shape.spec.affinity, this.labelSet.namespace));
  }
}

/** One state of one pod. */
export class PodInfo {
  readonly pod: Pod;
  readonly kin: Kin;
  readonly requests: Requests;
  readonly isTerminating: boolean;
  readonly priority: number;
  #startedMs: number | undefined;

  constructor(pod: Pod, kin: Kin, requests: Requests) {
    this.pod = pod;
    this.kin = kin;
    this.requests = requests;
    this.isTerminating = isPodTerminating(pod);
    this.priority = pod.spec.priority ?? 0;
  }

  get uid(): string {
    return this.pod.metadata.uid ?? "";
  }

  get groupName(): string | undefined {
    return this.kin.shape.groupName;
  }

  /** `namespace/name` of its group. */
  get groupKey(): string | undefined {
    const { groupName } = this.kin.shape;
    return groupName === undefined ? undefined : `${this.namespace}/${groupName}`;
  }

  get name(): string {
    return this.pod.metadata.name ?? "";
  }

  get namespace(): string {
    return this.kin.labelSet.namespace;
  }

  get shape(): Shape {
    return this.kin.shape;
  }

  /** Who has not started yet is the youngest. */
  get startedMs(): number {
    const { startTime } = this.pod.status;
    return (this.#startedMs ??= startTime ? Date.parse(startTime) : Number.MAX_SAFE_INTEGER);
  }

  /** `namespace/name`. */
  get fullName(): string {
    return `${this.namespace}/${this.name}`;
  }
}

/** More are forgotten, oldest first; a forgotten one that comes again is worked out anew. */
const remembered = 8_192;

/** Makes `PodInfo`s, so that pods that are alike share what is known of them. */
export class PodInfos {
  readonly #names: ResourceNames;
  readonly #shapes = new Map<string, Shape>();
  readonly #labelSets = new Map<string, LabelSet>();

  constructor(names: ResourceNames) {
    this.#names = names;
  }

  /** `before`: an earlier state of the same pod. */
  of(pod: Pod, before?: PodInfo): PodInfo {
    const kin = before ? this.#kinAfter(pod, before) : this.#kinOf(pod);
    const { requests } = kin.shape;
    return new PodInfo(pod, kin, isResized(pod) ? requestsOf(pod, this.#names) : requests);
  }

  #kinAfter(pod: Pod, { pod: before, kin }: PodInfo): Kin {
    if (!hasSameSpec(pod, before)) return this.#kinOf(pod);
    // With its node a pod gets the node's labels of topology.
    return hasSameLabels(pod.metadata.labels, before.metadata.labels)
      ? kin
      : kin.shape.kinOf(this.#labelSetOf(pod));
  }

  #kinOf(pod: Pod): Kin {
    const shapeKey = shapeKeyOf(pod.spec);
    const shape = recall(this.#shapes, shapeKey, () => new Shape(shapeKey, pod, this.#names));
    return shape.kinOf(this.#labelSetOf(pod));
  }

  #labelSetOf({ metadata: { namespace = "", labels = {} } }: Pod): LabelSet {
    const labelsKey = JSON.stringify([namespace, labels]);
    return recall(this.#labelSets, labelsKey, () => new LabelSet(labelsKey, { namespace, labels }));
  }
}

function recall<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= remembered) {
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }
  const made = make();
  known.set(key, made);
  return made;
}

/** Of the same generation: nothing of what is wanted was changed; or it got its node. */
function hasSameSpec(pod: Pod, before: Pod): boolean {
  const gotNode = pod.spec.nodeName !== undefined && before.spec.nodeName === undefined;
  return gotNode || pod.metadata.generation === before.metadata.generation;
}

function hasSameLabels(a: Labels = {}, b: Labels = {}): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
