import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import type { User } from "#api/request.ts";
import { readerOf } from "../admission/testing.ts";
import { nodeRules } from "../bootstrap/node-rules.ts";
import { createAuthorizer } from "./union.ts";
import { listingPods } from "./testing.ts";

const kubelet: User = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };

const pod = (name: string, spec: object, annotations = {}) =>
  [
    Pod,
    {
      metadata: { name, namespace: "default", annotations },
      spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }], ...spec },
    },
  ] as const;

const reader = readerOf(
  pod("web", {
    serviceAccountName: "web",
    imagePullSecrets: [{ name: "pull" }],
    initContainers: [{ name: "i", image: "i", envFrom: [{ secretRef: { name: "init" } }] }],
    containers: [
      {
        name: "c",
        image: "i",
        env: [{ name: "E", valueFrom: { configMapKeyRef: { name: "settings", key: "k" } } }],
      },
    ],
    volumes: [
      { name: "a", secret: { secretName: "mounted" } },
      { name: "b", projected: { sources: [{ configMap: { name: "kube-root-ca.crt" } }] } },
      { name: "c", persistentVolumeClaim: { claimName: "data" } },
      { name: "d", ephemeral: { volumeClaimTemplate: { spec: {} } } },
      { name: "e", csi: { driver: "d", nodePublishSecretRef: { name: "publish" } } },
    ],
  }),
  pod("other", { nodeName: "n2", imagePullSecrets: [{ name: "others" }] }),
  pod(
    "mirror",
    { imagePullSecrets: [{ name: "mirrored" }] },
    { "kubernetes.io/config.mirror": "x" },
  ),
  [
    PersistentVolume,
    {
      metadata: { name: "pv1" },
      spec: {
        claimRef: { namespace: "default", name: "data" },
        csi: {
          driver: "d",
          volumeHandle: "h",
          nodeStageSecretRef: { name: "stage", namespace: "storage" },
        },
      },
    },
  ],
);
const authorizer = createAuthorizer({ reader: () => reader, nodeRules });

const groups: Readonly<Record<string, string>> = {
  leases: "coordination.k8s.io",
  csinodes: "storage.k8s.io",
  runtimeclasses: "node.k8s.io",
};

async function ask(question: string, fieldSelector = "") {
  const [verb = "", place = ""] = question.split(" ");
  const [namespace = "", target = "", name = ""] = place.split(":");
  const [resource = "", subresource = ""] = target.split("/");
  const { allowed, reason } = await authorizer.authorize({
    user: kubelet,
    verb,
    isResource: true,
    path: "",
    group: groups[resource] ?? "",
    version: "v1",
    resource,
    subresource,
    namespace,
    name,
    fieldSelector,
  });
  return allowed || reason;
}

const noRelation = "no relationship found between node 'n1' and this object";
const table: readonly (readonly [string, string | true, string?])[] = [
  ["get default:secrets:pull", true],
  ["get default:secrets:init", true],
  ["get default:secrets:mounted", true],
  ["get default:secrets:publish", true],
  ["get storage:secrets:stage", true],
  ["watch default:secrets:", true, "metadata.name=pull"],
  ["list default:secrets:", "No Object name found"],
  ["list :secrets:", "can only read namespaced object of this type"],
  ["update default:secrets:pull", "can only read resources of this type"],
  ["get default:secrets:others", noRelation],
  ["get default:secrets:mirrored", noRelation],
  ["get kube-system:secrets:pull", noRelation],
  ["get default:configmaps:settings", true],
  ["get default:configmaps:kube-root-ca.crt", true],
  ["get default:configmaps:pull", noRelation],
  ["get default:persistentvolumeclaims:data", true],
  ["get default:persistentvolumeclaims:web-d", true],
  ["patch default:persistentvolumeclaims/status:data", true],
  ["patch default:persistentvolumeclaims:data", "can only get individual resources of this type"],
  ["get :persistentvolumes:pv1", true],
  ["get :persistentvolumes:pv2", noRelation],
  ["create default:serviceaccounts/token:web", true],
  ["create default:serviceaccounts/token:default", noRelation],
  ["create default:serviceaccounts:", "can only create tokens for individual service accounts"],
  ["get kube-node-lease:leases:n1", true],
  [
    "update kube-node-lease:leases:n2",
    "can only access node lease with the same name as the requesting node",
  ],
  ["get default:leases:n1", 'can only access leases in the "kube-node-lease" system namespace'],
  ["get :nodes:n1", true],
  ["watch :nodes:", true, "metadata.name=n1"],
  ["list :nodes:", "node 'n1' cannot read all nodes, only its own Node object"],
  ["get :nodes:n2", "node 'n1' cannot read 'n2', only its own Node object"],
  ["patch :nodes/status:n1", true],
  ["delete :nodes:n1", ""],
  ["list :pods:", true, "spec.nodeName=n1"],
  ["list :pods:", "can only list/watch pods with spec.nodeName field selector", "spec.nodeName=n2"],
  ["list :pods:", "can only list/watch pods with spec.nodeName field selector"],
  ["get default:pods:web", true],
  ["get default:pods:other", noRelation],
  ["patch default:pods/status:web", true],
  ["create default:pods/eviction:web", true],
  ["create default:pods/exec:web", ""],
  ["list :services:", true],
  ["list :runtimeclasses:", true],
  ["create :events:", true],
  ["delete default:services:web", ""],
];
for (const [question, answer, selector] of table) {
  test(`${question}${selector ? ` where ${selector}` : ""}: ${answer || "no"}`, async () => {
    equal(await ask(question, selector), answer);
  });
}

test("a user that only calls itself a node is none", async () => {
  const impostor = { ...kubelet, groups: ["system:authenticated"] };
  const { allowed } = await authorizer.authorize({
    ...listingPods(impostor),
    resource: "services",
  });
  equal(allowed, false);
});

test("what a node may do cannot be listed in full", () => {
  equal(authorizer.rulesFor(kubelet, "default").incomplete, true);
});

test("a superuser is told what roles say, although there need be none", async () => {
  const root = { name: "root", groups: ["system:masters"] };
  equal((await authorizer.authorize({ ...listingPods(root), resource: "secrets" })).allowed, true);
  deepEqual(authorizer.rulesFor(root, ""), {
    resourceRules: [],
    nonResourceRules: [],
    incomplete: false,
  });
});
