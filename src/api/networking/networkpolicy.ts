import { validCIDR } from "#api/ip-rules.ts";
import { cidrWarnings } from "#api/ip-warnings.ts";
import { ageColumn, nameColumn, selectorText } from "#api/columns.ts";
import { validLabelSelector } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { invalidEach, portName, portNumber } from "#api/names.ts";
import { containsCidr, parseCidr } from "#base/ip.ts";
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  required,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

/** upstream: pkg/apis/networking/validation/validation.go#ValidateIPBlock */
export const IPBlock = s.struct(
  "networking/v1.IPBlock",
  {
    cidr: s.string(1, { required: true, doc: "The addresses it is about: `192.168.1.0/24`." }),
    except: s.list(2, "string", {
      listType: "atomic",
      doc: "Parts of the block that are left out.",
    }),
  },
  {
    *validate({ cidr, except = [] }, at) {
      if (cidr === "") {
        yield required(child(at, "cidr"));
        return;
      }
      yield* validCIDR(child(at, "cidr"), cidr);
      const block = parseCidr(cidr);
      if (!block) return;
      for (const [i, text] of except.entries()) {
        const path = index(child(at, "except"), i);
        yield* validCIDR(path, text);
        const part = parseCidr(text);
        if (part && (!containsCidr(block, part) || block.bits >= part.bits)) {
          yield invalid(path, text, "must be a strict subset of `cidr`");
        }
      }
    },
  },
);

export interface IPBlock extends ValueOf<typeof IPBlock> {}

export const NetworkPolicyPort = s.struct(
  "networking/v1.NetworkPolicyPort",
  {
    protocol: s.oneOf(1, ["TCP", "UDP", "SCTP"], { optional: true }),
    port: s.intOrString(2, {
      optional: true,
      doc: "A number, or the name of a port of the pods. Absent: all ports.",
    }),
    endPort: s.int32(3, { optional: true, doc: "The last port of a range that begins at `port`." }),
  },
  {
    defaults(draft) {
      draft.protocol ??= "TCP";
    },
    *validate({ port, endPort }, at) {
      const path = child(at, "port");
      if (typeof port === "number") yield* invalidEach(path, port, portNumber(port));
      if (typeof port === "string") yield* invalidEach(path, port, portName(port));
      if (endPort !== undefined) yield* validEndPort(child(at, "endPort"), endPort, port);
    },
  },
);

export interface NetworkPolicyPort extends ValueOf<typeof NetworkPolicyPort> {}

function* validEndPort(
  path: string,
  endPort: number,
  port: number | string | undefined,
): Iterable<FieldError> {
  if (port === undefined) {
    yield invalid(path, endPort, "may not be specified when `port` is not specified");
  } else if (typeof port === "string") {
    yield invalid(path, endPort, "may not be specified when `port` is non-numeric");
  } else {
    if (endPort < port) yield invalid(path, endPort, "must be greater than or equal to `port`");
    yield* invalidEach(path, endPort, portNumber(endPort));
  }
}

export const NetworkPolicyPeer = s.struct(
  "networking/v1.NetworkPolicyPeer",
  {
    podSelector: s.object(1, LabelSelector, { optional: true, doc: "Pods with these labels." }),
    namespaceSelector: s.object(2, LabelSelector, {
      optional: true,
      doc: "In namespaces with these labels; absent: in the policy's own.",
    }),
    ipBlock: s.object(3, IPBlock, { optional: true, doc: "Addresses outside the cluster." }),
  },
  {
    *validate({ podSelector, namespaceSelector, ipBlock }, at) {
      yield* validLabelSelector(child(at, "podSelector"), podSelector);
      yield* validLabelSelector(child(at, "namespaceSelector"), namespaceSelector);
      const isPods = podSelector !== undefined || namespaceSelector !== undefined;
      if (!isPods && !ipBlock) yield required(at, "must specify a peer");
      if (isPods && ipBlock) {
        yield forbidden(at, "may not specify both ipBlock and another peer");
      }
    },
  },
);

export interface NetworkPolicyPeer extends ValueOf<typeof NetworkPolicyPeer> {}

export const NetworkPolicyEgressRule = s.struct("networking/v1.NetworkPolicyEgressRule", {
  ports: s.list(1, NetworkPolicyPort, { listType: "atomic", doc: "Empty: all ports." }),
  to: s.list(2, NetworkPolicyPeer, { listType: "atomic", doc: "Empty: everywhere." }),
});

export interface NetworkPolicyEgressRule extends ValueOf<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicyIngressRule = s.struct("networking/v1.NetworkPolicyIngressRule", {
  ports: s.list(1, NetworkPolicyPort, { listType: "atomic", doc: "Empty: all ports." }),
  from: s.list(2, NetworkPolicyPeer, { listType: "atomic", doc: "Empty: from anywhere." }),
});

export interface NetworkPolicyIngressRule extends ValueOf<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicySpec = s.struct(
  "networking/v1.NetworkPolicySpec",
  {
    podSelector: s.object(1, LabelSelector, {
      always: true,
      doc: "The pods it is about; empty: all of the namespace.",
    }),
    ingress: s.list(2, NetworkPolicyIngressRule, {
      listType: "atomic",
      doc: "What may reach the pods. Without a rule, nothing.",
    }),
    egress: s.list(3, NetworkPolicyEgressRule, {
      listType: "atomic",
      doc: "What the pods may reach. Without a rule, nothing.",
    }),
    policyTypes: s.list(
      4,
      { oneOf: ["Ingress", "Egress"] },
      {
        listType: "atomic",
        doc: "The directions that are restricted.",
      },
    ),
  },
  {
    defaults(draft) {
      if (draft.policyTypes && draft.policyTypes.length > 0) return;
      const hasEgress = draft.egress !== undefined && draft.egress.length > 0;
      draft.policyTypes = hasEgress ? ["Ingress", "Egress"] : ["Ingress"];
    },
    *validate({ podSelector, policyTypes = [] }, at) {
      yield* validLabelSelector(child(at, "podSelector"), podSelector);
      if (policyTypes.length > 2) {
        yield invalid(
          child(at, "policyTypes"),
          policyTypes,
          "may not specify more than two policyTypes",
        );
      }
    },
  },
);

export interface NetworkPolicySpec extends ValueOf<typeof NetworkPolicySpec> {}

export const NetworkPolicy = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  shortNames: ["netpol"],
  scope: "Namespaced",
  doc: "Says which connections pods may have. Pods that no policy selects may have all; several policies add up.",
  storage: { prefix: "/registry/networkpolicies", hash: "YpfwF18m1G8=" },
  hasGeneration: true,
  schema: s.struct("networking/v1.NetworkPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, NetworkPolicySpec),
  }),

  warnings: ({ spec }): Iterable<string> => policyWarnings(spec),

  columns: [
    nameColumn,
    { name: "Pod-Selector", type: "string", cell: ({ spec }) => selectorText(spec.podSelector) },
    ageColumn,
  ],
});

export interface NetworkPolicy extends ObjectOf<typeof NetworkPolicy> {}

/** upstream: pkg/registry/networking/networkpolicy/strategy.go#networkPolicyWarnings */
function* policyWarnings({ ingress = [], egress = [] }: NetworkPolicySpec): Iterable<string> {
  for (const [i, { from = [] }] of ingress.entries()) {
    yield* peerWarnings(from, child(index("spec.ingress", i), "from"));
  }
  for (const [i, { to = [] }] of egress.entries()) {
    yield* peerWarnings(to, child(index("spec.egress", i), "to"));
  }
}

function* peerWarnings(peers: readonly NetworkPolicyPeer[], at: string): Iterable<string> {
  for (const [i, { ipBlock }] of peers.entries()) {
    if (!ipBlock) continue;
    const path = child(index(at, i), "ipBlock");
    yield* cidrWarnings(child(path, "cidr"), ipBlock.cidr);
    for (const [j, part] of (ipBlock.except ?? []).entries()) {
      yield* cidrWarnings(index(child(path, "except"), j), part);
    }
  }
}
