/**
 * The cluster as decisions see it: nodes, the pods on them and those on their way to them. It is
 * changed in place, by what informers tell and by what the scheduler decides; a decision runs
 * without interruption, so nothing moves while it looks.
 */
import type { Node } from "#api/core/node.ts";
import { Namespace } from "#api/core/namespace.ts";
import type { Labels } from "#api/selectors.ts";
import { CarriedTerms } from "./carried-terms.ts";
import { ClaimUses } from "./claims.ts";
import { ChangeLog } from "./change-log.ts";
import { Images } from "./images.ts";
import { type LabelColumn, LabelColumns } from "./label-column.ts";
import { changedAspects, type NodeAspect } from "./node-aspects.ts";
import { type DomainCounts, type NodeCounts, NodeSet } from "./node-counts.ts";
import { NodeGroups } from "./node-groups.ts";
import { NodeOrder, zoneOf } from "./node-order.ts";
import type { NodeTest, NodeTestSources } from "./node-test.ts";
import { NodeView } from "./node-view.ts";
import { Nominations } from "./nominations.ts";
import type { Objects } from "./objects.ts";
import { PodGroups } from "./pod-groups.ts";
import { type PodInfo, PodInfos } from "./pod-info.ts";
import { ResourceNames, ResourceTable } from "./resources.ts";
import { type Supposed, Supposition } from "./supposition.ts";
import { TaintSets } from "./taint-sets.ts";
import { Tallies, type TallyQuestion } from "./tallies.ts";

interface Placed {
  readonly pod: PodInfo;
  readonly node: NodeView;
}

/** Sums and groups of nodes go by these. */
const movesSums = (aspect: NodeAspect): boolean => aspect === "labels" || aspect === "taints";

const noLabels: Labels = Object.freeze({});

export class Snapshot implements NodeTestSources {
  readonly objects: Objects;
  readonly resources = new ResourceTable(new ResourceNames());
  readonly podInfos = new PodInfos(this.resources.names);
  readonly changes = new ChangeLog();
  readonly taints = new TaintSets();
  readonly images = new Images();
  readonly claimUses = new ClaimUses();
  readonly nominations = new Nominations();
  readonly groups = new PodGroups();
  readonly columns: LabelColumns;
  readonly terms: CarriedTerms;
  readonly tallies: Tallies;
  readonly #views: (NodeView | undefined)[] = [];
  readonly #byName = new Map<string, NodeView>();
  readonly #free: number[] = [];
  readonly #order = new NodeOrder();
  readonly #present = new NodeSet();
  readonly #groups: NodeGroups;
  readonly #placed = new Map<string, Placed>();
  readonly #suppositions = new Set<Supposition>();

  constructor(objects: Objects) {
    this.objects = objects;
    this.columns = new LabelColumns(() => this.#presentViews());
    this.#groups = new NodeGroups(
      () => this.#indexes(),
      (nodes) => {
        for (const counts of this.#counts()) counts.forget(nodes);
      },
    );
    const { namespaceLabels } = this;
    this.terms = new CarriedTerms({
      namespaceLabels,
      domainsOf: (counts, topologyKey) => this.domainsOf(counts, topologyKey),
    });
    this.tallies = new Tallies({
      namespaceLabels,
      nodeOf: (pod) => this.#nodeOf(pod).index,
      supposed: () => this.#supposed(),
    });
  }

  /** In the order in which they are looked at. */
  get nodes(): readonly NodeView[] {
    return this.#order.list;
  }

  /** Where the node of this number stands among `nodes`; -1 when it does not. */
  readonly placeOf = (index: number): number => this.#order.placeOf(index);

  findNode(name: string): NodeView | undefined {
    const view = this.#byName.get(name);
    return view?.isPresent ? view : undefined;
  }

  readonly nameOf = (node: number): string => this.#views[node]?.name ?? "";

  readonly namespaceLabels = (name: string): Labels =>
    this.objects.get(Namespace, undefined, name)?.metadata.labels ?? noLabels;

  /** The sums by a label of the nodes, over all of them or those of a group. */
  domainsOf(counts: NodeCounts, topologyKey: string, isCounted = this.#present): DomainCounts {
    return counts.by(this.columns.of(topologyKey), { nodes: () => this.#indexes(), isCounted });
  }

  /** How many pods match, by a label of the nodes. */
  tally(question: TallyQuestion): NodeCounts {
    return this.tallies.of(question).counts;
  }

  column(key: string): LabelColumn {
    return this.columns.of(key);
  }

  /** The nodes that pass the test; the key must say all that the test depends on. */
  group(key: string, test: () => NodeTest): NodeSet {
    return this.#groups.of(key, test);
  }

  /** What changed; undefined for a new node. */
  setNode(node: Node): readonly NodeAspect[] | undefined {
    const view = this.#viewOf(node.metadata.name ?? "");
    const before = view.isPresent ? view.node : undefined;
    const aspects = before && changedAspects(before, node);
    if (aspects?.length === 0) view.become(node);
    else if (aspects && !aspects.some(movesSums)) this.#refresh(view, node);
    else this.#change(view, node);
    return aspects;
  }

  removeNode(name: string): void {
    const view = this.findNode(name);
    if (!view) return;
    this.#change(view, undefined);
    this.#release(view);
  }

  findPod(uid: string): { readonly pod: PodInfo; readonly node: NodeView } | undefined {
    return this.#placed.get(uid);
  }

  get podCount(): number {
    return this.#placed.size;
  }

  /** The pod stands on the node from now on, wherever it was before. */
  place(pod: PodInfo, nodeName: string): NodeView {
    this.remove(pod.uid);
    const node = this.#viewOf(nodeName);
    this.#placed.set(pod.uid, { pod, node });
    this.#count(pod, node, 1);
    this.groups.place(pod, true);
    this.changes.note(node.index);
    return node;
  }

  /** The node it stood on. */
  remove(uid: string): NodeView | undefined {
    const placed = this.#placed.get(uid);
    if (!placed) return undefined;
    const { pod, node } = placed;
    this.#count(pod, node, -1);
    this.groups.place(pod, false);
    this.changes.note(node.index);
    this.#placed.delete(uid);
    this.#release(node);
    return node;
  }

  /** The node is promised to the pod; without a node: what was promised to it is not any more. */
  nominate(pod: PodInfo, nodeName: string | undefined): void {
    const before = this.nominations.remove(pod.uid);
    if (!before && !nodeName) return;
    if (nodeName) this.nominations.set(pod, nodeName);
    for (const name of new Set([before, nodeName])) {
      const view = name ? this.findNode(name) : undefined;
      if (view) this.changes.note(view.index);
    }
  }

  /** Where pods really stand, `findPod` goes on telling. */
  suppose(node: NodeView): Supposition {
    const supposition = new Supposition({
      node,
      count: (pod, at, sign) => {
        this.#countOn(pod, at, sign);
        this.tallies.suppose(pod, at.index, sign);
      },
      onEnd: (ended) => this.#suppositions.delete(ended),
    });
    this.#suppositions.add(supposition);
    return supposition;
  }

  /** Objects of another kind changed. */
  objectsChanged(isNamespace: boolean): void {
    this.changes.note();
    if (!isNamespace) return;
    this.terms.namespaceChanged();
    this.tallies.namespaceChanged();
  }

  #count(pod: PodInfo, node: NodeView, sign: 1 | -1): void {
    this.#countOn(pod, node, sign);
    this.tallies.count(pod, node.index, sign);
  }

  #countOn(pod: PodInfo, node: NodeView, sign: 1 | -1): void {
    if (sign > 0) node.pods.add(pod);
    else node.pods.delete(pod);
    node.hostPorts.count(pod.shape.hostPorts, sign);
    this.resources.count(node.index, pod.requests, sign);
    this.claimUses.count(pod, sign);
    this.terms.count(pod, node.index, sign);
  }

  /** Everything that is kept per node follows; sums let go of it before, and take it up after. */
  #change(view: NodeView, node: Node | undefined): void {
    const { index } = view;
    const sums = [...this.#counts()].flatMap(({ domains }) => domains);
    for (const domains of sums) domains.leave(index);
    const isElsewhere = !view.isPresent || !node || zoneOf(view.node) !== zoneOf(node);
    if (view.isPresent && isElsewhere) this.#order.remove(view);
    this.#refresh(view, node);
    if (node && isElsewhere) this.#order.add(view);
    this.#present.set(index, view.isPresent);
    this.columns.set(index, view.labels);
    this.taints.set(index, node?.spec.taints);
    this.#groups.update(index, view.isPresent);
    for (const domains of sums) domains.enter(index);
  }

  #refresh(view: NodeView, node: Node | undefined): void {
    const { index } = view;
    view.become(node);
    this.images.set(index, node?.status.images);
    this.resources.setAllocatable(index, node?.status.allocatable);
    this.changes.note(index);
  }

  *#counts(): Iterable<NodeCounts> {
    for (const { counts } of this.tallies.all()) yield counts;
    yield* this.terms.counts();
  }

  #viewOf(name: string): NodeView {
    const known = this.#byName.get(name);
    if (known) return known;
    const index = this.#free.pop() ?? this.#views.length;
    const view = new NodeView(name, index, this.resources);
    this.#views[index] = view;
    this.#byName.set(name, view);
    this.resources.reserve(index);
    return view;
  }

  /** Its number goes to another node once there is nothing left of it. */
  #release(view: NodeView): void {
    if (view.isPresent || view.pods.size > 0) return;
    this.#byName.delete(view.name);
    this.#views[view.index] = undefined;
    this.#free.push(view.index);
  }

  #nodeOf(pod: PodInfo): NodeView {
    const placed = this.#placed.get(pod.uid);
    if (!placed) throw new TypeError(`pod ${pod.fullName} has no node`);
    return placed.node;
  }

  *#supposed(): Iterable<Supposed> {
    for (const one of this.#suppositions) yield* one.differences();
  }

  *#indexes(): Iterable<number> {
    for (const view of this.#views) if (view) yield view.index;
  }

  *#presentViews(): Iterable<NodeView> {
    for (const view of this.#views) if (view?.isPresent) yield view;
  }
}
