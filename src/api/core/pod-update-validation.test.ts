import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { changeProblems, draftFrom } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { badSubdomain, containerWith, podWith } from "./testing.ts";

const metadata = { resourceVersion: "1" };
const change = (from: object, to: object): readonly string[] =>
  changeProblems(Pod, { from: podWith(from, metadata), to: podWith(to, metadata) });

test("images, deadlines, further tolerations and times to stop may change", () => {
  const init = { name: "init", image: "a:1" };
  deepEqual(
    change(
      { initContainers: [init], tolerations: [{ key: "a", operator: "Exists" }] },
      {
        containers: [containerWith({ image: "nginx:2", imagePullPolicy: "Always" })],
        initContainers: [{ ...init, image: "a:2" }],
        activeDeadlineSeconds: 5,
        tolerations: [
          { key: "b", operator: "Exists" },
          { key: "a", operator: "Exists", effect: "" },
        ],
      },
    ),
    [],
  );
});

test("other fields of a pod may not change", () => {
  const why =
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";
  const others: readonly object[] = [
    { containers: [containerWith({ env: [{ name: "A" }] })] },
    { containers: [containerWith({ resources: { limits: { cpu: 1 } } })] },
    { nodeSelector: { a: "b" } },
    { terminationGracePeriodSeconds: 5 },
    { restartPolicy: "Never" },
    { hostNetwork: true },
  ];
  for (const to of others) {
    const [problem = "", ...more] = change({}, to);
    deepEqual([problem.slice(0, why.length), more], [why, []]);
  }
});

test("containers neither come nor go", () => {
  deepEqual(change({}, { containers: [containerWith(), containerWith({ name: "b" })] }), [
    "spec.containers: Forbidden: pod updates may not add or remove containers",
  ]);
  deepEqual(change({}, { initContainers: [containerWith({ name: "b" })] }), [
    "spec.initContainers: Forbidden: pod updates may not add or remove containers",
  ]);
});

test("what is wrong with images is said twice, as upstream does", () => {
  const twice = (image: string, problem: string): void =>
    deepEqual(change({}, { containers: [containerWith({ image, imagePullPolicy: "Always" })] }), [
      problem,
      problem,
    ]);
  twice("", "spec.containers[0].image: Required value");
  twice(
    "a ",
    'spec.containers[0].image: Invalid value: "a ": must not have leading or trailing whitespace',
  );
});

test("a deadline only comes nearer", () => {
  deepEqual(change({ activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }), []);
  deepEqual(change({ activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 6 }), [
    "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value",
  ]);
  deepEqual(change({ activeDeadlineSeconds: 5 }, {}), [
    "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value",
  ]);
});

test("tolerations stay, for another time perhaps", () => {
  const tolerations = [{ key: "a", operator: "Exists", effect: "NoExecute" }];
  const longer = [{ ...tolerations[0], tolerationSeconds: 9 }];
  deepEqual(change({ tolerations }, { tolerations: longer }), []);
  deepEqual(change({ tolerations }, {}), [
    "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
  ]);
});

test("gates only open; until they have, the choice of nodes may be narrowed", () => {
  const gated = { schedulingGates: [{ name: "a" }] };
  deepEqual(change(gated, {}), []);
  deepEqual(change({}, gated), [
    "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
  ]);
  const expression = { key: "disk", operator: "In", values: ["ssd"] };
  const affinity = (matchExpressions: object[]) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
    },
  });
  deepEqual(
    change(gated, { ...gated, nodeSelector: { a: "b" }, affinity: affinity([expression]) }),
    [],
  );
  const selected = { ...gated, nodeSelector: { a: "b" } };
  deepEqual(change(selected, { ...selected, nodeSelector: { a: "c" } }), [
    'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
  ]);
  const narrow = { ...gated, affinity: affinity([expression]) };
  const narrower = { ...gated, affinity: affinity([expression, { key: "b", operator: "Exists" }]) };
  deepEqual(change(narrow, narrower), []);
  deepEqual(change(narrower, narrow), [
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: {"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}: only additions are allowed (no mutations or deletions)',
  ]);
});

test("the mark of a mirror pod neither comes nor goes", () => {
  const annotations = { "kubernetes.io/config.mirror": "a" };
  const spec = { nodeName: "n" };
  const plain = podWith(spec, metadata);
  const marked = podWith(spec, { ...metadata, annotations });
  const at = "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not";
  deepEqual(changeProblems(Pod, { from: plain, to: marked }), [`${at} add mirror pod annotation`]);
  deepEqual(changeProblems(Pod, { from: marked, to: plain }), [
    `${at} remove or update mirror pod annotation`,
  ]);
});

function reported(from: object, to: object, spec: object = {}): readonly string[] {
  const podIn = (status: object): Pod => draftFrom(Pod, { ...podWith(spec), status });
  const errors = Pod.status?.validate?.(podIn(to), podIn(from)) ?? [];
  return Array.from(errors, ({ path, message }) => `${path}: ${message}`);
}

const qosClass = "BestEffort";

test("a status is about the pod it belongs to", () => {
  const podIPs = [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }, { ip: "x" }];
  deepEqual(reported({ qosClass }, { qosClass, podIPs: [{ ip: "10.0.0.1" }, { ip: "::1" }] }), []);
  deepEqual(reported({ qosClass }, { qosClass, podIPs }), [
    'status.podIPs[2]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.1"},{"ip":"x"}]: may specify no more than one IP for each IP family',
  ]);
  deepEqual(reported({ qosClass }, { qosClass: "Guaranteed" }), [
    'status.qosClass: Invalid value: "Guaranteed": field is immutable',
  ]);
  deepEqual(reported({ qosClass }, { qosClass, hostIP: "1.2.3.4", hostIPs: [{ ip: "1.2.3.5" }] }), [
    'status.hostIPs[0].ip: Invalid value: "1.2.3.5": must be equal to `hostIP`',
  ]);
});

test("addresses that were there before may be as they are", () => {
  const podIPs = [{ ip: "010.0.0.1" }];
  deepEqual(reported({ qosClass, podIPs }, { qosClass, podIPs }), []);
  deepEqual(reported({ qosClass }, { qosClass, podIPs }), [
    'status.podIPs[0]: Invalid value: "010.0.0.1": must not have leading 0s',
  ]);
});

test("conditions, generations, nominations and claims make sense", () => {
  const conditions = [
    { type: "Ready", status: "True", observedGeneration: -1 },
    { type: "a b", status: "True" },
  ];
  const [generation, name = ""] = reported({}, { conditions });
  deepEqual(
    [generation, name.split(": name part")[0]],
    [
      "status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer",
      'status.conditions[1].Type: Invalid value: "a b"',
    ],
  );
  deepEqual(reported({}, { observedGeneration: -1, phase: "Whatever" }), [
    "status.observedGeneration: Invalid value: -1: must be a non-negative integer",
  ]);
  deepEqual(reported({}, { nominatedNodeName: "b" }, { nodeName: "a" }), [
    "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
  ]);
  const claims = [{ name: "a", resourceClaimName: "c" }];
  deepEqual(
    reported(
      {},
      { resourceClaimStatuses: [{ name: "a", resourceClaimName: "C" }] },
      { resourceClaims: claims },
    ),
    [`status.resourceClaimStatuses[0].resourceClaimName: Invalid value: "C": ${badSubdomain}`],
  );
});

test("a claim for extended resources belongs to containers that ask for them", () => {
  const at = "status.extendedResourceClaimStatus";
  const given = (extendedResourceClaimStatus: object): readonly string[] =>
    reported({}, { extendedResourceClaimStatus });
  deepEqual(given({}), [
    `${at}.requestMappings: Required value: at least one request mapping is required`,
    `${at}.resourceClaimName: Required value`,
  ]);
  const mapping = { containerName: "web", resourceName: "example.com/gpu", requestName: "r" };
  const other = { ...mapping, containerName: "other" };
  deepEqual(given({ requestMappings: [mapping, other, other], resourceClaimName: "c" }), [
    `${at}.requestMappings[0].resourceName: Invalid value: "example.com/gpu": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests`,
    `${at}.requestMappings[1].containerName: Invalid value: "other": must match the name of an entry in spec.initContainers.name or spec.containers.name`,
    `${at}.requestMappings[2].containerName: Invalid value: "other": must match the name of an entry in spec.initContainers.name or spec.containers.name`,
    `${at}.requestMappings[2].containerName: Duplicate value: "other"`,
    `${at}.requestMappings[2].resourceName: Duplicate value: "example.com/gpu"`,
    `${at}.requestMappings[2].requestName: Duplicate value: "r"`,
  ]);
});

test("what is reported of users and devices fits the pod", () => {
  const report = { name: "web", ready: false, restartCount: 0, image: "", imageID: "" };
  const resources = [
    { resourceID: "r", health: "Fine", message: "" },
    { resourceID: "r", health: "Healthy" },
  ];
  const containerStatuses = [
    {
      ...report,
      user: { linux: { uid: -1, gid: 0 } },
      allocatedResourcesStatus: [{ name: "example.com/gpu", resources }],
    },
  ];
  const at = "status.containerStatuses[0]";
  deepEqual(reported({}, { containerStatuses }), [
    `${at}.user.linux.uid: Invalid value: -1: must be between 0 and 4294967295, inclusive`,
    `${at}.allocatedResourcesStatus[0].name: Invalid value: "example.com/gpu": must match one of the container's resource requests`,
    `${at}.allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"`,
    `${at}.allocatedResourcesStatus[0].resources[0].message: Required value: must be non-empty if specified`,
    `${at}.allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "r"`,
  ]);
  const os = { os: { name: "windows" } };
  const [user] = reported({}, { containerStatuses }, os);
  deepEqual(user, `${at}.user.linux: Forbidden: cannot be set for a windows pod`);
});

test("a status keeps what old kubelets leave out, and the owners", () => {
  const owner = { apiVersion: "v1", kind: "A", name: "a", uid: "1" };
  const condition = { type: "Ready", status: "True" };
  const old = {
    ...podWith({}, { ownerReferences: [owner] }),
    status: {
      qosClass,
      observedGeneration: 2,
      conditions: [{ ...condition, observedGeneration: 2 }],
    },
  };
  const draft = draftFrom(Pod, { ...podWith(), status: { conditions: [condition] } });
  Pod.status?.prepare?.(draft, draftFrom(Pod, old));
  deepEqual(draft.metadata.ownerReferences, [owner]);
  deepEqual(draft.status.qosClass, qosClass);
  deepEqual(draft.status.observedGeneration, 2);
  deepEqual(draft.status.conditions?.[0]?.observedGeneration, 2);
});

test("containers that ended for good do not come back", () => {
  const report = { name: "web", ready: false, restartCount: 0, image: "", imageID: "" };
  const ended = (exitCode: number) => ({
    qosClass,
    containerStatuses: [{ ...report, state: { terminated: { exitCode } } }],
  });
  const running = { qosClass, containerStatuses: [{ ...report, state: { running: {} } }] };
  const refused = [
    "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
  ];
  deepEqual(reported(ended(0), running), []);
  deepEqual(reported(ended(0), running, { restartPolicy: "OnFailure" }), refused);
  deepEqual(reported(ended(1), running, { restartPolicy: "OnFailure" }), []);
  deepEqual(reported(ended(1), running, { restartPolicy: "Never" }), refused);
  const web = (fields: object) => ({ containers: [containerWith(fields)] });
  deepEqual(reported(ended(1), running, web({ restartPolicy: "Never" })), refused);
  const rule = (action: string) => ({
    restartPolicy: "Never",
    restartPolicyRules: [{ action, exitCodes: { operator: "In", values: [1] } }],
  });
  deepEqual(reported(ended(1), running, web(rule("Restart"))), []);
  deepEqual(reported(ended(2), running, web(rule("Restart"))), refused);
  deepEqual(reported(ended(2), running, web(rule("RestartAllContainers"))), []);
});
