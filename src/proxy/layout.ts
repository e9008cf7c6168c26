/**
 * The frame of the table: the chains that the kernel enters, and the maps that lead from there to a
 * service in one step, however many there are. Services fill the maps.
 * upstream: pkg/proxy/nftables/proxier.go#setupNFTables
 */
import { type Condition, Fragment, type Key, type Rule, type SetSpec } from "./rules.ts";

const serviceKey: Key = ["destination", "protocol", "port"];
const nodePortKey: Key = ["protocol", "port"];

export const sets = {
  /** Addresses of services, to the chain of the service. */
  services: { name: "services", key: serviceKey, isMap: true },
  nodePorts: { name: "node-ports", key: nodePortKey, isMap: true },
  /** What nobody serves: rejected, or dropped where another node would serve it. */
  refused: { name: "refused", key: serviceKey, isMap: true },
  refusedNodePorts: { name: "refused-node-ports", key: nodePortKey, isMap: true },
  /** What only some sources may reach. */
  guarded: { name: "guarded", key: serviceKey, isMap: true },
  /** Nothing but services is at these addresses: their other ports are rejected. */
  clusterIps: { name: "cluster-ips", key: ["destination"] },
  /** Endpoints, twice: one that is sent back to itself would not know its own address. */
  hairpins: { name: "hairpins", key: ["source", "destination"] },
  /** Always empty: that it is there shows that nobody flushed the table. */
  witness: { name: "witness", key: ["port"] },
} as const satisfies Readonly<Record<string, SetSpec>>;

export const chains = {
  dispatch: "dispatch",
  /** Marks for masquerading, and comes back. */
  toMasquerade: "to-masquerade",
  reject: "reject-all",
} as const;

export interface LayoutFacts {
  /** Addresses of all pods of the cluster. None: pods cannot be told from the world outside. */
  readonly podCidrs: readonly string[];
  /** Where node ports are open; every address of the machine when absent. */
  readonly nodePortAddresses?: readonly string[];
  /** Pods on one bridge would hear answers past us: their traffic to each other is masqueraded. */
  readonly bridgedCidrs?: readonly string[];
}

/** Multicast is nobody's address: a masqueraded sender could not be answered. */
const multicast = "224.0.0.0/4";
const loopback = ["127.0.0.0/8"];

const early = -110;
const destinationNat = -100;
const filter = 0;
const sourceNat = 100;

const isNew: Condition = { is: "new" };

export function layout(facts: LayoutFacts): Fragment {
  const frame = new Fragment("");
  frame.sets.push(...Object.values(sets));
  frame.chain(chains.dispatch, [
    lookUp(sets.services),
    lookUp(sets.nodePorts, ...atNodePorts(facts)),
  ]);
  frame.chain(chains.toMasquerade, [{ does: { is: "mark" } }]);
  frame.chain(chains.reject, [{ does: { is: "reject" } }]);
  addNat(frame, facts);
  addFilters(frame, facts);
  return frame;
}

function addNat(frame: Fragment, facts: LayoutFacts): void {
  const dispatch: Rule[] = [{ does: { is: "jump", chain: chains.dispatch } }];
  const nat = { type: "nat", priority: destinationNat } as const;
  frame.chain("nat-prerouting", dispatch, { ...nat, at: "prerouting" });
  frame.chain("nat-output", dispatch, { ...nat, at: "output" });
  frame.chain("nat-postrouting", [...masquerading(facts)], {
    type: "nat",
    at: "postrouting",
    priority: sourceNat,
  });
}

function* masquerading({ podCidrs, bridgedCidrs = [] }: LayoutFacts): Generator<Rule> {
  const does = { is: "masquerade" } as const;
  yield { when: [{ is: "marked" }], does };
  // Only of what we sent there: a node's own connection to itself, older than the rules, would break.
  yield { when: [{ is: "forwarded" }, isIn(sets.hairpins)], does };
  if (bridgedCidrs.length > 0) {
    yield { when: [{ is: "forwarded" }, from(bridgedCidrs), to(bridgedCidrs)], does };
  }
  if (podCidrs.length > 0) {
    yield { when: [from(podCidrs), { is: "not to", cidrs: [...podCidrs, multicast] }], does };
  }
}

/** Answers that no program gives: for what nobody serves, and for who may not ask. */
function addFilters(frame: Fragment, facts: LayoutFacts): void {
  const isOurs = atNodePorts(facts);
  const overNetwork: Condition = { is: "over network" };
  const guard = lookUp(sets.guarded, isNew);
  const refuse = lookUp(sets.refused, isNew);
  const refuseNodePorts = lookUp(sets.refusedNodePorts, isNew, ...isOurs);
  const otherPorts: Rule = {
    when: [isNew, isIn(sets.clusterIps)],
    does: { is: "goto", chain: chains.reject },
  };
  frame.chain(
    "filter-prerouting",
    [
      // Loopback addresses are routed for the sake of node ports: nobody outside may use that.
      { when: [overNetwork, to(loopback)], does: { is: "drop" } },
      { when: [overNetwork, from(loopback)], does: { is: "drop" } },
      guard,
    ],
    { type: "filter", at: "prerouting", priority: early },
  );
  frame.chain("filter-output-early", [guard], { type: "filter", at: "output", priority: early });
  const late = { type: "filter", priority: filter } as const;
  frame.chain("filter-input", [refuse, refuseNodePorts], { ...late, at: "input" });
  frame.chain("filter-output", [refuse, refuseNodePorts, otherPorts], { ...late, at: "output" });
  frame.chain("filter-forward", [...invalid(facts), refuse, otherPorts], {
    ...late,
    at: "forward",
  });
}

/** What conntrack does not understand is not translated back, and would break the connection. */
function* invalid({ podCidrs }: LayoutFacts): Generator<Rule> {
  if (podCidrs.length === 0) return;
  yield { when: [from(podCidrs), { is: "invalid" }], does: { is: "drop" } };
}

const atNodePorts = ({ nodePortAddresses }: LayoutFacts): readonly Condition[] =>
  nodePortAddresses ? [{ is: "to node" }, to(nodePortAddresses)] : [{ is: "to node" }];

const lookUp = ({ name, key }: SetSpec, ...when: readonly Condition[]): Rule => ({
  when,
  does: { is: "look up", map: name, key },
});

const isIn = ({ name, key }: SetSpec): Condition => ({ is: "in", set: name, key });
const from = (cidrs: readonly string[]): Condition => ({ is: "from", cidrs });
const to = (cidrs: readonly string[]): Condition => ({ is: "to", cidrs });
