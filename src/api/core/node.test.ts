import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { Node } from "./node.ts";
import type { Cases } from "./testing.ts";

const node = (spec: object = {}, status: object = {}, labels: object = {}) => ({
  metadata: { name: "n", labels },
  spec,
  status,
});

test("the first network of a node is its old single one", () => {
  const networks = (spec: object) => {
    const { podCIDR, podCIDRs } = draftFrom(Node, node(spec)).spec;
    return [podCIDR, podCIDRs];
  };
  deepEqual(networks({ podCIDR: "10.0.0.0/24" }), ["10.0.0.0/24", ["10.0.0.0/24"]]);
  deepEqual(networks({ podCIDRs: ["10.0.0.0/24", "fd00::/64"] }), [
    "10.0.0.0/24",
    ["10.0.0.0/24", "fd00::/64"],
  ]);
  deepEqual(networks({}), [undefined, undefined]);
});

test("all of a node can be given to pods unless it says less", () => {
  const { status } = draftFrom(Node, node({}, { capacity: { cpu: "4", memory: "1.0001Gi" } }));
  deepEqual(status.allocatable, status.capacity);
});

test("taints, networks and capacities are possible ones", () => {
  const taint = { key: "a", value: "b", effect: "NoSchedule" };
  const cases: Cases = [
    [
      {
        taints: [taint, { ...taint, effect: "NoExecute" }],
        podCIDRs: ["10.0.0.0/24", "fd00::/64"],
      },
    ],
    [
      { taints: [taint, { ...taint, value: "c" }] },
      'metadata.taints[1]: Duplicate value: {"key":"a","value":"c","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ],
    [
      { taints: [{ ...taint, effect: "Never" }] },
      'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      { podCIDRs: ["10.0.0.0/24", "10.0.1.0/24"] },
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
    ],
    [
      { podCIDRs: ["10.0.0.0"] },
      'spec.podCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ];
  for (const [spec, ...problems] of cases) deepEqual(problemsOf(Node, node(spec)), problems);
  deepEqual(problemsOf(Node, node({}, { capacity: { cpu: "-1" }, allocatable: { pods: "1.5" } })), [
    'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    "status.allocatable.pods: Invalid value: 1500m: must be an integer",
  ]);
});

test("features are sorted and named like types; swap is more than nothing", () => {
  const at = "status.declaredFeatures";
  deepEqual(problemsOf(Node, node({}, { declaredFeatures: ["Able", "Able/sub", "Better"] })), []);
  deepEqual(
    problemsOf(
      Node,
      node({}, { declaredFeatures: ["B", "A", "A", "a b"], nodeInfo: { swap: { capacity: 0 } } }),
    ),
    [
      "metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero",
      `${at}[1]: Invalid value: "A": list must be sorted alphabetically`,
      `${at}[2]: Duplicate value: "A"`,
      `${at}[3]: Invalid value: "a b": invalid feature name "a b": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
    ],
  );
});

test("a kubelet reports what is possible, and where its configuration came from", () => {
  const report = (status: object): readonly string[] => {
    const [now, old] = [draftFrom(Node, node({}, status)), draftFrom(Node, node())];
    const errors = Node.status?.validate?.(now, old) ?? [];
    return Array.from(errors, ({ path, message }) => `${path}: ${message}`);
  };
  deepEqual(
    report({ allocatable: { cpu: "-1" }, config: { active: {}, assigned: { configMap: {} } } }),
    [
      'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
      "status.config.assigned.configMap.uid: Required value",
      "status.config.assigned.configMap.resourceVersion: Required value",
      "status.config.assigned.configMap.namespace: Required value",
      "status.config.assigned.configMap.name: Required value",
      "status.config.assigned.configMap.kubeletConfigKey: Required value",
      "status.config.active: Invalid value: {}: exactly one reference subfield must be non-nil",
    ],
  );
});

test("what is known of a node once stays", () => {
  const change = (from: object, to: object): readonly string[] =>
    changeProblems(Node, { from: node(from), to: node(to) });
  deepEqual(change({}, { podCIDR: "10.0.0.0/24", providerID: "a", unschedulable: true }), []);
  deepEqual(change({ providerID: "a", podCIDR: "10.0.0.0/24" }, { providerID: "b" }), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
  const addresses = [
    { type: "InternalIP", address: "10.0.0.1" },
    { type: "InternalIP", address: "10.0.0.1" },
  ];
  deepEqual(changeProblems(Node, { from: node(), to: node({}, { addresses }) }), [
    'status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"10.0.0.1"}',
  ]);
});

test("nodes are shown by state, role and addresses", () => {
  const ready = (status: string) => ({ conditions: [{ type: "Ready", status }] });
  const shown = (spec: object, status: object, labels: object = {}) => {
    const { Status, Roles } = cellsOf(Node, node(spec, status, labels));
    return [Status, Roles];
  };
  deepEqual(shown({}, {}), ["Unknown", "<none>"]);
  deepEqual(shown({}, ready("True")), ["Ready", "<none>"]);
  deepEqual(shown({}, ready("Unknown")), ["NotReady", "<none>"]);
  deepEqual(shown({ unschedulable: true }, ready("True")), ["Ready,SchedulingDisabled", "<none>"]);
  const labels = {
    "node-role.kubernetes.io/worker": "",
    "node-role.kubernetes.io/control-plane": "",
    "kubernetes.io/role": "worker",
  };
  deepEqual(shown({}, {}, labels), ["Unknown", "control-plane,worker"]);
  const cells = cellsOf(
    Node,
    node(
      {},
      {
        addresses: [
          { type: "Hostname", address: "n" },
          { type: "InternalIP", address: "10.0.0.1" },
        ],
        nodeInfo: {
          kubeletVersion: "v1.36.0",
          osImage: "Debian",
          kernelVersion: "6.1",
          architecture: "amd64",
          containerRuntimeVersion: "k8ts://1",
        },
      },
    ),
  );
  deepEqual(
    [
      "Version",
      "Internal-IP",
      "External-IP",
      "OS-Image",
      "Kernel-Version",
      "Container-Runtime",
    ].map((name) => cells[name]),
    ["v1.36.0", "10.0.0.1", "<none>", "Debian", "6.1 (amd64)", "k8ts://1"],
  );
});

test("nodes are selected by whether pods may come", () => {
  const of = Node.selectableFields?.["spec.unschedulable"];
  equal(of?.(draftFrom(Node, node())), "false");
  equal(of?.(draftFrom(Node, node({ unschedulable: true }))), "true");
});

test("fields of old are warned of", () => {
  const warned = draftFrom(Node, node({ externalID: "a" }));
  deepEqual(
    [...(Node.warnings?.(warned) ?? [])],
    ["spec.externalID: this field is deprecated, and is unused by Kubernetes"],
  );
});
