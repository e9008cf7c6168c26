/** The small plugins for pods and nodes: what goes in, what comes out. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Binding } from "#api/core/binding.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { RuntimeClass } from "#api/node/runtimeclass.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import type { Admission } from "./admission.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { taintNodesByCondition } from "./node/taints.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { defaultPriorityClass, priority } from "./priority.ts";
import { runtimeClass } from "./runtime-class.ts";
import { admit, objectOf, readerOf, requestOf } from "./testing.ts";

const pod = (spec: object = {}) =>
  [
    Pod,
    {
      metadata: { name: "p", namespace: "blue" },
      spec: { containers: [{ name: "c", image: "i" }], ...spec },
    },
  ] as const;

test("a pod is kept out of a namespace that is not there, or on its way out", async () => {
  const attempt = (phase?: string) => ({
    reader: readerOf(
      ...(phase ? [[Namespace, { metadata: { name: "blue" }, status: { phase } }] as const] : []),
    ),
  });
  await admit(namespaceLifecycle, pod(), attempt("Active"));
  await rejects(admit(namespaceLifecycle, pod(), attempt()), {
    reason: "NotFound",
    message: 'namespaces "blue" not found',
  });
  await rejects(admit(namespaceLifecycle, pod(), attempt("Terminating")), {
    reason: "Forbidden",
    message:
      'pods "p" is forbidden: unable to create new content in namespace blue because it is being terminated',
    details: {
      name: "p",
      kind: "pods",
      causes: [
        {
          reason: "NamespaceTerminating",
          message: "namespace blue is being terminated",
          field: "metadata.namespace",
        },
      ],
    },
  });
  const changed = { ...attempt("Terminating"), old: pod()[1] };
  await admit(namespaceLifecycle, pod(), changed);
});

test("the cluster's own namespaces cannot be deleted, others can", async () => {
  const remove = (name: string) =>
    admit(namespaceLifecycle, [Namespace, { metadata: { name } }], { operation: "DELETE" });
  await remove("blue");
  for (const name of ["default", "kube-system", "kube-public"])
    await rejects(remove(name), {
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
});

test("a new node is not ready until somebody says so", async () => {
  const node = {
    metadata: { name: "n" },
    spec: { taints: [{ key: "own", effect: "NoSchedule" }] },
  };
  const { object } = await admit(taintNodesByCondition, [Node, node]);
  deepEqual(object.spec.taints, [
    { key: "own", effect: "NoSchedule" },
    { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
  ]);
  const again = await admit(taintNodesByCondition, [Node, { ...node, spec: object.spec }]);
  equal(again.object.spec.taints?.length, 2);
});

test("pods tolerate a lost node for five minutes, unless they say otherwise", async () => {
  const tolerationsOf = async (tolerations: object[]) =>
    (await admit(defaultTolerationSeconds, pod({ tolerations }))).object.spec.tolerations?.map(
      ({ key, tolerationSeconds }) => [key, tolerationSeconds],
    );
  const both = [
    ["node.kubernetes.io/not-ready", 300],
    ["node.kubernetes.io/unreachable", 300],
  ];
  deepEqual(await tolerationsOf([]), both);
  const own = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" };
  deepEqual(await tolerationsOf([own]), [["node.kubernetes.io/not-ready", undefined], both[1]]);
  deepEqual(await tolerationsOf([{ operator: "Exists" }]), [[undefined, undefined]]);
  const noSchedule = { ...own, effect: "NoSchedule" };
  equal((await tolerationsOf([noSchedule]))?.length, 3);
});

test("images are always pulled, those of new ephemeral containers too", async () => {
  const kept = pod({ containers: [{ name: "c", image: "i:1", imagePullPolicy: "IfNotPresent" }] });
  const { object } = await admit(alwaysPullImages, kept);
  equal(object.spec.containers[0]?.imagePullPolicy, "Always");
  const changed = await admit(alwaysPullImages, kept, { old: kept[1] });
  deepEqual(
    [changed.object.spec.containers[0]?.imagePullPolicy, changed.errors],
    ["IfNotPresent", []],
  );
});

test("who asks for an extended resource tolerates its taint", async () => {
  const containers = [
    { name: "c", image: "i", resources: { requests: { "example.com/gpu": "1", cpu: "1" } } },
  ];
  const { object } = await admit(extendedResourceToleration, pod({ containers }));
  deepEqual(object.spec.tolerations, [{ key: "example.com/gpu", operator: "Exists" }]);
});

const classes = readerOf(
  [PriorityClass, { metadata: { name: "high" }, value: 1_000 }],
  [PriorityClass, { metadata: { name: "polite" }, value: 5, preemptionPolicy: "Never" }],
);
const withDefault = readerOf([
  PriorityClass,
  { metadata: { name: "usual" }, value: 7, globalDefault: true },
]);

const priorities = [
  [classes, {}, [undefined, 0, "PreemptLowerPriority"]],
  [classes, { priorityClassName: "high" }, ["high", 1_000, "PreemptLowerPriority"]],
  [classes, { priorityClassName: "polite" }, ["polite", 5, "Never"]],
  [withDefault, {}, ["usual", 7, "PreemptLowerPriority"]],
  [
    classes,
    { priorityClassName: "none" },
    'pods "p" is forbidden: no PriorityClass with name none was found',
  ],
  [
    classes,
    { priority: 3 },
    'pods "p" is forbidden: the integer value of priority (3) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  ],
] as const;
for (const [reader, spec, outcome] of priorities) {
  test(`the priority of ${JSON.stringify(spec)} is ${JSON.stringify(outcome)}`, async () => {
    const admitted = admit(priority, pod(spec), { reader });
    if (typeof outcome === "string") return rejects(admitted, { message: outcome });
    const { priorityClassName, priority: value, preemptionPolicy } = (await admitted).object.spec;
    return deepEqual([priorityClassName, value, preemptionPolicy], outcome);
  });
}

test("a change that does not know priorities leaves them as they were", async () => {
  const old = { ...pod()[1], spec: { ...pod()[1].spec, priority: 9 } };
  equal((await admit(priority, pod(), { old })).object.spec.priority, 9);
});

test("there is one default priority class at most", async () => {
  const another = { metadata: { name: "another" }, value: 1, globalDefault: true };
  await rejects(admit(defaultPriorityClass, [PriorityClass, another], { reader: withDefault }), {
    message:
      'priorityclasses.scheduling.k8s.io "another" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
  });
  await admit(defaultPriorityClass, [PriorityClass, { ...another, metadata: { name: "usual" } }], {
    reader: withDefault,
  });
});

const sandboxed = readerOf([
  RuntimeClass,
  {
    metadata: { name: "vm" },
    handler: "vm",
    overhead: { podFixed: { cpu: "250m" } },
    scheduling: { nodeSelector: { vm: "yes" }, tolerations: [{ key: "vm", operator: "Exists" }] },
  },
]);

test("a runtime class adds its overhead and where its pods can run", async () => {
  const asked = pod({ runtimeClassName: "vm", nodeSelector: { zone: "a" } });
  const { object } = await admit(runtimeClass, asked, { reader: sandboxed });
  const { overhead, nodeSelector, tolerations } = object.spec;
  deepEqual(
    [overhead, nodeSelector, tolerations],
    [{ cpu: "250m" }, { zone: "a", vm: "yes" }, [{ key: "vm", operator: "Exists" }]],
  );
});

const rejected = [
  [{ runtimeClassName: "none" }, 'pod rejected: RuntimeClass "none" not found'],
  [
    { runtimeClassName: "vm", overhead: { cpu: "1" } },
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  [
    { overhead: { cpu: "1" } },
    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
  ],
  [
    { runtimeClassName: "vm", nodeSelector: { vm: "no" } },
    "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no",
  ],
] as const;
for (const [spec, why] of rejected) {
  test(`${JSON.stringify(spec)} is refused: ${why}`, () =>
    rejects(admit(runtimeClass, pod(spec), { reader: sandboxed }), {
      message: `pods "p" is forbidden: ${why}`,
    }));
}

test("a pod gets zone and region of the node that it is created on or bound to", async () => {
  const labels = {
    "topology.kubernetes.io/zone": "z1",
    "topology.kubernetes.io/region": "r1",
    "kubernetes.io/hostname": "n",
  };
  const reader = readerOf([Node, { metadata: { name: "n", labels } }]);
  const { "kubernetes.io/hostname": _, ...copied } = labels;
  const plugin = podTopologyLabels as Admission;
  const made = await admit(plugin, pod({ nodeName: "n" }), { reader });
  deepEqual(made.object.metadata.labels, copied);
  // The body is a Binding; the kind that it is posted to is Pod.
  const bound = objectOf(Binding, { metadata: { name: "p" }, target: { name: "n" } });
  const request = { ...requestOf(Pod, bound, { warnings: [], reader }), subresource: "binding" };
  await plugin.mutate?.(bound, request);
  deepEqual(bound.metadata.labels, copied);
  equal((await admit(plugin, pod(), { reader })).object.metadata.labels, undefined);
});
