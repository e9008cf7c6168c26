/**
 * Rules in the JSON that `nft -j` reads. Names need no quoting there, and nothing is parsed that
 * could be taken for something else. It has to do with nft 1.0.6, which Debian 12 has.
 */
import { unreachable } from "#base/assert.ts";
import { type Cidr, cidrOf, containsCidr, formatIp, nthAddress } from "#base/ip.ts";
import type { Change } from "../difference.ts";
import type { Action, Chain, Condition, Element, Key, KeyField, Rule, SetSpec } from "../rules.ts";

export type NftObject = { readonly [name: string]: unknown };

const family = "ip";

/** The bit of the packet's mark that asks for masquerading; upstream's. */
const markBit = 0x4000;

/** One transaction: the order lets everything exist before it is named, and be unused before it goes. */
export const commandsOf = (table: string, change: Change): readonly NftObject[] => [
  { add: { table: { family, name: table } } },
  ...change.addedSets.map((set) => ({ add: setOf(table, set) })),
  ...change.addedChains.map((chain) => ({ add: chainOf(table, chain) })),
  ...change.changedChains.map(({ name }) => flush(table, name)),
  ...[...change.addedChains, ...change.changedChains].flatMap((chain) => rulesOf(table, chain)),
  ...elements("delete", table, [...change.removedElements, ...change.changedElements]),
  ...elements("add", table, [...change.addedElements, ...change.changedElements]),
  ...change.removedChains.map((name) => flush(table, name)),
  ...change.removedChains.map((name) => ({ delete: { chain: { family, table, name } } })),
  ...change.removedSets.map((name) => ({ delete: { set: { family, table, name } } })),
];

const flush = (table: string, name: string): NftObject => ({
  flush: { chain: { family, table, name } },
});

/** More clients than this are not remembered at a time. */
const rememberedMax = 65_535;

function setOf(table: string, { name, key, isMap, forgetsAfterSeconds }: SetSpec): NftObject {
  const types = key.map((field) => typeNames[field]);
  const type = types.length === 1 ? types[0] : types;
  if (isMap) return { map: { family, table, name, type, map: "verdict" } };
  if (forgetsAfterSeconds === undefined) return { set: { family, table, name, type } };
  return {
    set: {
      family,
      table,
      name,
      type,
      flags: ["timeout"],
      timeout: forgetsAfterSeconds,
      size: rememberedMax,
    },
  };
}

const typeNames: Readonly<Record<KeyField, string>> = {
  source: "ipv4_addr",
  destination: "ipv4_addr",
  protocol: "inet_proto",
  port: "inet_service",
};

const chainOf = (table: string, { name, hook }: Chain): NftObject => ({
  chain: {
    family,
    table,
    name,
    ...(hook && { type: hook.type, hook: hook.at, prio: hook.priority, policy: "accept" }),
  },
});

/** The comment is how a chain is known again: which one it is, and that none of its rules is lost. */
const rulesOf = (table: string, { name, rules, print }: Chain): readonly NftObject[] =>
  rules.map((rule, i) => ({
    add: {
      rule: {
        family,
        table,
        chain: name,
        comment: `${print} ${i + 1}/${rules.length}`,
        expr: expressionsOf(rule),
      },
    },
  }));

/** One command for each set. */
function elements(
  verb: "add" | "delete",
  table: string,
  all: readonly Element[],
): readonly NftObject[] {
  return Array.from(
    Map.groupBy(all, ({ set }) => set),
    ([name, some]) => ({
      [verb]: {
        element: {
          family,
          table,
          name,
          elem: some.map((element) => (verb === "add" ? elementOf(element) : keyOf(element.key))),
        },
      },
    }),
  );
}

const elementOf = ({ key, verdict }: Element): unknown =>
  verdict === undefined ? keyOf(key) : [keyOf(key), verdictOf(verdict)];

function keyOf(key: string): unknown {
  const parts = key.split(" ").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return parts.length === 1 ? parts[0] : { concat: parts };
}

const verdictOf = (verdict: string): NftObject =>
  verdict === "drop" ? { drop: null } : { goto: { target: verdict.slice("goto ".length) } };

const payload = (protocol: string, field: string): NftObject => ({ payload: { protocol, field } });
const meta = (key: string): NftObject => ({ meta: { key } });
const source = payload("ip", "saddr");
const destination = payload("ip", "daddr");
const transport = meta("l4proto");
const mark = meta("mark");

const fields: Readonly<Record<KeyField, NftObject>> = {
  source,
  destination,
  protocol: transport,
  port: payload("th", "dport"),
};

const fieldsOf = (key: Key): NftObject => {
  const [first = source, ...others] = key.map((field) => fields[field]);
  return others.length === 0 ? first : { concat: [first, ...others] };
};

const match = (left: NftObject, right: unknown, op = "=="): NftObject => ({
  match: { op, left, right },
});

const expressionsOf = ({ when = [], does }: Rule): readonly NftObject[] => [
  ...when.map((condition) => conditionOf(condition)),
  ...actionsOf(does),
];

const isLocal = (flag: "saddr" | "daddr"): NftObject =>
  match({ fib: { result: "type", flags: [flag] } }, "local");

function conditionOf(condition: Condition): NftObject {
  if (condition.is === "in") return match(fieldsOf(condition.key), `@${condition.set}`);
  if (!("cidrs" in condition)) return plainConditions[condition.is];
  const side = condition.is.endsWith("from") ? source : destination;
  const op = condition.is.startsWith("not") ? "!=" : "==";
  return match(side, networks(condition.cidrs), op);
}

type PlainCondition = Exclude<Condition, { cidrs: readonly string[] } | { key: Key }>["is"];

const plainConditions: Readonly<Record<PlainCondition, NftObject>> = {
  new: match({ ct: { key: "state" } }, "new", "in"),
  invalid: match({ ct: { key: "state" } }, "invalid", "in"),
  forwarded: match({ ct: { key: "status" } }, "dnat", "in"),
  "from node": isLocal("saddr"),
  "to node": isLocal("daddr"),
  "over network": match(meta("iifname"), "lo", "!="),
  marked: match({ "&": [mark, markBit] }, 0, "!="),
};

/** Networks that lie in others are left out: the kernel wants a set without overlaps. */
function networks(texts: readonly string[]): unknown {
  const cidrs = [...new Set(texts)].map(cidrOf);
  const outer = cidrs.filter((cidr) => !cidrs.some((o) => o !== cidr && containsCidr(o, cidr)));
  const parts = outer.map((cidr) => networkOf(cidr));
  return parts.length === 1 ? parts[0] : { set: parts };
}

function networkOf(cidr: Cidr): unknown {
  const addr = formatIp(nthAddress(cidr, 0));
  return cidr.bits === 32 ? addr : { prefix: { addr, len: cidr.bits } };
}

function actionsOf(action: Action): readonly NftObject[] {
  switch (action.is) {
    case "look up":
      return [{ vmap: { key: fieldsOf(action.key), data: `@${action.map}` } }];
    case "goto":
    case "jump":
      return [{ [action.is]: { target: action.chain } }];
    case "mark":
      return [{ mangle: { key: mark, value: { "|": [mark, markBit] } } }];
    case "forward":
      return forward(action);
    case "pick": {
      const data = action.chains.map((target, i) => [i, { goto: { target } }]);
      return [{ vmap: { key: anyOf(data), data: { set: data } } }];
    }
    case "remember":
      return [{ set: { op: "update", elem: source, set: `@${action.set}` } }];
    case "masquerade":
      // The mark has served: nobody behind us shall take it for theirs.
      return [
        { mangle: { key: mark, value: { "&": [mark, (0xffff_ffff ^ markBit) >>> 0] } } },
        { masquerade: { flags: ["fully-random"] } },
      ];
    case "drop":
      return [{ drop: null }];
    case "reject":
      return [{ reject: { type: "icmp", expr: "port-unreachable" } }];
    default:
      return unreachable(action);
  }
}

const anyOf = (choices: readonly unknown[]): NftObject => ({
  numgen: { mode: "random", mod: choices.length, offset: 0 },
});

function forward({ protocol, to }: Extract<Action, { is: "forward" }>): readonly NftObject[] {
  const isProtocol = match(transport, protocol);
  const [only, ...others] = to;
  if (only && others.length === 0) {
    return [isProtocol, { dnat: { family, addr: only.address, port: only.port } }];
  }
  const data = to.map(({ address, port }, i) => [i, { concat: [address, port] }]);
  return [
    isProtocol,
    { dnat: { family, addr: { map: { key: anyOf(data), data: { set: data } } } } },
  ];
}
