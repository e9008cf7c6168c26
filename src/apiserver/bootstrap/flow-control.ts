/**
 * Which requests are more important than others, for fair queuing.
 * upstream: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go
 */
import { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import { PriorityLevelConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import type { ApiObject } from "#api/kind.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { danglingCondition, flowFollower } from "../fairness/dangling.ts";
import { type Wanted, wanted } from "./wanted.ts";

const autoUpdate = "apf.kubernetes.io/autoupdate-spec";

interface WithSpec extends ApiObject {
  readonly spec: unknown;
}

/** Ours until somebody says otherwise by changing the annotation. */
function mergeSpec<T extends WithSpec>(current: T, { spec }: T): Draft<T> | undefined {
  if (current.metadata.annotations?.[autoUpdate] !== "true") return undefined;
  return { ...draftOf(current), spec: draftOf(spec) };
}

const metadataOf = (name: string) => ({ name, annotations: { [autoUpdate]: "true" } });

interface Level {
  readonly shares: number;
  readonly lendable: number;
  /** Queues, hand size. Absent: what is too much is refused. */
  readonly queuing?: readonly [number, number];
}

const level = (name: string, { shares, lendable, queuing }: Level): Wanted =>
  wanted(
    PriorityLevelConfiguration,
    {
      metadata: metadataOf(name),
      spec: {
        type: "Limited",
        limited: {
          nominalConcurrencyShares: shares,
          lendablePercent: lendable,
          limitResponse: queuing
            ? {
                type: "Queue",
                queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: 50 },
              }
            : { type: "Reject" },
        },
      },
    },
    { merge: mergeSpec },
  );

const exemptLevel = wanted(
  PriorityLevelConfiguration,
  {
    metadata: metadataOf("exempt"),
    spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  { merge: mergeSpec },
);

const levels: readonly Wanted[] = [
  exemptLevel,
  level("catch-all", { shares: 5, lendable: 0 }),
  level("system", { shares: 30, lendable: 33, queuing: [64, 6] }),
  level("node-high", { shares: 40, lendable: 25, queuing: [64, 6] }),
  level("leader-election", { shares: 10, lendable: 0, queuing: [16, 4] }),
  level("workload-high", { shares: 40, lendable: 50, queuing: [128, 6] }),
  level("workload-low", { shares: 100, lendable: 90, queuing: [128, 6] }),
  level("global-default", { shares: 20, lendable: 50, queuing: [128, 6] }),
];

const user = (name: string): object => ({ kind: "User", user: { name } });
const groupSubject = (name: string): object => ({ kind: "Group", group: { name } });
const account = (name: string): object => ({
  kind: "ServiceAccount",
  serviceAccount: { namespace: "kube-system", name },
});

const anyResource = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  namespaces: ["*"],
  clusterScope: true,
};
const everything = {
  resourceRules: [anyResource],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const only = (verbs: string, group: string, resources: string): object => ({
  verbs: verbs.split(" "),
  apiGroups: [group],
  resources: resources.split(" "),
  namespaces: ["*"],
});

interface Flow {
  readonly level: string;
  /** Smaller is looked at first. */
  readonly precedence: number;
  readonly by?: "ByUser" | "ByNamespace";
  readonly subjects: readonly object[];
  readonly rules?: object;
}

const flow = (name: string, { level: to, precedence, by, subjects, rules }: Flow): Wanted =>
  wanted(
    FlowSchema,
    {
      metadata: metadataOf(name),
      spec: {
        priorityLevelConfiguration: { name: to },
        matchingPrecedence: precedence,
        ...(by ? { distinguisherMethod: { type: by } } : {}),
        rules: [{ subjects, ...(rules ?? everything) }],
      },
    },
    {
      merge: mergeSpec,
      status: (time) => ({
        manager: flowFollower,
        status: { conditions: [danglingCondition(to, true, time)] },
      }),
    },
  );

const everybody = [groupSubject("system:unauthenticated"), groupSubject("system:authenticated")];
const managers = [user("system:kube-controller-manager"), user("system:kube-scheduler")];
const leaseRules = { resourceRules: [only("get create update", "coordination.k8s.io", "leases")] };
const ofNodes = [groupSubject("system:nodes")];
const probePaths = {
  nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
};
const nodeRules = {
  resourceRules: [
    { ...only("*", "", "nodes nodes/status"), clusterScope: true },
    only("*", "coordination.k8s.io", "leases"),
  ],
};
const endpointRules = { resourceRules: [only("get create update", "", "endpoints")] };

const flows: readonly Wanted[] = [
  flow("exempt", { level: "exempt", precedence: 1, subjects: [groupSubject("system:masters")] }),
  flow("probes", { level: "exempt", precedence: 2, subjects: everybody, rules: probePaths }),
  flow("system-leader-election", {
    level: "leader-election",
    precedence: 100,
    by: "ByUser",
    subjects: managers,
    rules: leaseRules,
  }),
  flow("endpoint-controller", {
    level: "workload-high",
    precedence: 150,
    by: "ByUser",
    subjects: [
      user("system:kube-controller-manager"),
      account("endpoint-controller"),
      account("endpointslicemirroring-controller"),
    ],
    rules: endpointRules,
  }),
  flow("workload-leader-election", {
    level: "leader-election",
    precedence: 200,
    by: "ByUser",
    subjects: [account("*")],
    rules: leaseRules,
  }),
  flow("system-node-high", {
    level: "node-high",
    precedence: 400,
    by: "ByUser",
    subjects: ofNodes,
    rules: nodeRules,
  }),
  flow("system-nodes", { level: "system", precedence: 500, by: "ByUser", subjects: ofNodes }),
  ...managers.map((subject, at) =>
    flow(["kube-controller-manager", "kube-scheduler"][at] ?? "", {
      level: "workload-high",
      precedence: 800,
      by: "ByNamespace",
      subjects: [subject],
    }),
  ),
  flow("kube-system-service-accounts", {
    level: "workload-high",
    precedence: 900,
    by: "ByNamespace",
    subjects: [account("*")],
  }),
  flow("service-accounts", {
    level: "workload-low",
    precedence: 9_000,
    by: "ByUser",
    subjects: [groupSubject("system:serviceaccounts")],
  }),
  flow("global-default", {
    level: "global-default",
    precedence: 9_900,
    by: "ByUser",
    subjects: everybody,
  }),
  flow("catch-all", {
    level: "catch-all",
    precedence: 10_000,
    by: "ByUser",
    subjects: everybody,
  }),
];

export const flowControl: readonly Wanted[] = [...levels, ...flows];
