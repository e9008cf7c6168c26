/** What the controllers of the cluster itself have to bear; `hardship.test.ts` has the workloads'. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { Lease } from "#api/coordination/lease.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { Secret } from "#api/core/secret.ts";
import { Service } from "#api/core/service.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import type { Client } from "#client/client.ts";
import { testAuthority as authority } from "#sim/test-authority.ts";
import { requestFor } from "./certificates/testing.ts";
import { endure, once, type Scenario, vanish } from "./hardship/testing.ts";
import { bootstrapToken } from "./testing.ts";
import { localPathClass, localPathSettings } from "./local-path/manifests.ts";
import { provisionerName } from "./local-path/settings.ts";

const namespace = "default";
const at = { namespace, name: "web" };

const containers = [{ name: "c", image: "web:1" }];

const pods = async (client: Client, where = namespace): Promise<readonly Pod[]> =>
  (await client.list(Pod, { namespace: where })).items;

const names = (objects: readonly ApiObject[]): readonly string[] =>
  objects.map(({ metadata: { name = "" } }) => name).toSorted();

/** As kubelets do whose containers have ended well. */
async function finish(client: Client, where: string): Promise<void> {
  for (const { metadata, status } of await pods(client, where)) {
    if (status.phase === "Succeeded") continue;
    const { name = "" } = metadata;
    const place = { namespace: where, name, subresource: "status" };
    await patchIfThere(client, [Pod, place], { status: { phase: "Succeeded" } });
  }
}

async function patchIfThere(
  client: Client,
  [kind, place]: readonly [AnyKind, Parameters<Client["patch"]>[1]],
  change: object,
): Promise<void> {
  try {
    await client.patch(kind, place, { is: "merge", change });
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
  }
}

/** The kubelet of this node is there. */
async function renew(client: Client, name: string): Promise<void> {
  const place = { namespace: "kube-node-lease", name };
  const found = (await client.list(Lease, { namespace: place.namespace })).items.some(
    ({ metadata }) => metadata.name === name,
  );
  if (!found) await client.create(Lease, { metadata: place, spec: {} });
  renewals++;
  const renewTime = `2030-01-01T00:00:00.${String(renewals % 1_000_000).padStart(6, "0")}Z`;
  await client.patch(Lease, place, { is: "merge", change: { spec: { renewTime } } });
}
let renewals = 0;

const ready = [{ type: "Ready", status: "True", lastHeartbeatTime: "2030-01-01T00:00:00Z" }];
const unreachable = "node.kubernetes.io/unreachable";
const claimSpec = {
  accessModes: ["ReadWriteOnce" as const],
  resources: { requests: { storage: "1Gi" } },
};
const rule = (resource: string) => ({
  verbs: ["get"],
  apiGroups: ["x.org"],
  resources: [resource],
});
const request = await requestFor("O=system:nodes, CN=system:node:n1");

const scenarios: readonly Scenario[] = [
  {
    name: "a kubelet's request for a certificate",
    objects: [
      [
        CertificateSigningRequest,
        {
          metadata: { name: "n1" },
          spec: {
            request,
            signerName: "kubernetes.io/kube-apiserver-client-kubelet",
            usages: ["digital signature", "client auth"],
          },
        },
      ],
    ],
    outcome: async (client) => {
      const { status } = await client.get(CertificateSigningRequest, { name: "n1" });
      const types = (status.conditions ?? []).map(({ type }) => type);
      return [...types, status.certificate ? "signed" : "not signed"];
    },
    expected: ["Approved", "signed"],
    authority,
  },
  {
    name: "a cron job that runs one job at a time",
    objects: [
      [
        CronJob,
        {
          metadata: at,
          spec: {
            schedule: "* * * * *",
            concurrencyPolicy: "Forbid",
            jobTemplate: {
              spec: { template: { spec: { restartPolicy: "Never", containers } } },
            },
          },
        },
      ],
    ],
    outcome: async (client) => {
      const { status } = await client.get(CronJob, at);
      const { items } = await client.list(Job, { namespace });
      return [`${items.length} jobs`, `${status.active?.length} active`];
    },
    expected: ["1 jobs", "1 active"],
  },
  {
    name: "a finished job with a time to live",
    objects: [
      [
        Job,
        {
          metadata: at,
          spec: {
            ttlSecondsAfterFinished: 3,
            template: { spec: { restartPolicy: "Never", containers } },
          },
        },
      ],
    ],
    act: (client) => finish(client, namespace),
    outcome: async (client) => names((await client.list(Job, { namespace })).items),
    expected: [],
  },
  {
    name: "a new namespace",
    objects: [[Namespace, { metadata: { name: "shop" } }]],
    outcome: async (client) => [
      ...names((await client.list(ServiceAccount, { namespace: "shop" })).items),
      ...names((await client.list(ConfigMap, { namespace: "shop" })).items),
    ],
    expected: ["default", "kube-root-ca.crt"],
  },
  {
    name: "a namespace that is deleted with what is in it",
    objects: [
      [Namespace, { metadata: { name: "shop" } }],
      [ConfigMap, { metadata: { name: "prices", namespace: "shop" } }],
      [Service, { metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 1 }] } }],
    ],
    act: once((client) => client.delete(Namespace, { name: "shop" })),
    outcome: async (client) => [
      ...names((await client.list(Namespace)).items).filter((name) => name === "shop"),
      ...names((await client.list(ConfigMap, { namespace: "shop" })).items),
      ...names((await client.list(Service, { namespace: "shop" })).items),
    ],
    expected: [],
  },
  {
    name: "a node that falls silent, with a pod on it",
    objects: [
      [Node, { metadata: { name: "a" }, status: { conditions: ready } }],
      [Node, { metadata: { name: "b" }, status: { conditions: ready } }],
      [
        Pod,
        {
          metadata: at,
          spec: {
            nodeName: "a",
            containers,
            tolerations: [
              { key: unreachable, operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
            ],
          },
        },
      ],
    ],
    act: (client) => renew(client, "b"),
    outcome: async (client) => {
      const { items } = await client.list(Node);
      return [
        ...names(await pods(client)),
        ...items.flatMap(({ metadata, spec: { taints = [], podCIDR } }) => [
          `${metadata.name} ${podCIDR === undefined ? "without" : "with"} addresses`,
          ...taints.map(({ key, effect }) => `${key}:${effect}`).toSorted(),
        ]),
      ];
    },
    expected: [
      "a with addresses",
      `${unreachable}:NoExecute`,
      `${unreachable}:NoSchedule`,
      "b with addresses",
    ],
  },
  {
    name: "a pod whose node is gone",
    objects: [[Pod, { metadata: at, spec: { nodeName: "lost", containers } }]],
    outcome: async (client) => names(await pods(client)),
    expected: [],
  },
  {
    name: "a disruption that was announced and did not come",
    objects: [[Pod, { metadata: at, spec: { containers } }]],
    act: once(async (client) => {
      const type = "DisruptionTarget";
      const lastTransitionTime = "2029-12-31T00:00:00Z";
      const condition = { type, status: "True", reason: "Eviction", lastTransitionTime };
      const change = { status: { conditions: [condition] } };
      await client.patch(Pod, { ...at, subresource: "status" }, { is: "strategic", change });
    }),
    outcome: async (client) => [
      conditionOf(await client.get(Pod, at), "DisruptionTarget")?.status ?? "",
    ],
    expected: ["False"],
  },
  {
    name: "an autoscaler's bounds",
    objects: [
      [
        Deployment,
        {
          metadata: at,
          spec: {
            replicas: 6,
            selector: { matchLabels: { app: "web" } },
            template: { metadata: { labels: { app: "web" } }, spec: { containers } },
          },
        },
      ],
      [
        HorizontalPodAutoscaler,
        {
          metadata: at,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
            maxReplicas: 3,
          },
        },
      ],
    ],
    outcome: async (client) => [`${(await client.get(Deployment, at)).spec.replicas} replicas`],
    expected: ["3 replicas"],
  },
  {
    name: "a quota whose status somebody writes",
    objects: [[ResourceQuota, { metadata: at, spec: { hard: { "count/secrets": "3" } } }]],
    act: once(async (client) => {
      const change = { status: { hard: { "count/secrets": "9" } } };
      await client.patch(ResourceQuota, { ...at, subresource: "status" }, { is: "merge", change });
    }),
    outcome: async (client) =>
      Object.entries((await client.get(ResourceQuota, at)).status.hard ?? {}).flat(),
    expected: ["count/secrets", "3"],
  },
  {
    name: "a role that gathers others",
    objects: [
      [
        ClusterRole,
        {
          metadata: { name: "all" },
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { team: "a" } }] },
        },
      ],
      [ClusterRole, { metadata: { name: "one", labels: { team: "a" } }, rules: [rule("a")] }],
      [ClusterRole, { metadata: { name: "two", labels: { team: "a" } }, rules: [rule("b")] }],
    ],
    act: once((client) => client.delete(ClusterRole, { name: "one" })),
    outcome: async (client) =>
      ((await client.get(ClusterRole, { name: "all" })).rules ?? []).flatMap(
        ({ resources = [] }) => resources,
      ),
    expected: ["b"],
  },
  {
    name: "tokens that sign the description of the cluster",
    objects: [
      [Secret, bootstrapToken("aaaaaa")],
      [Secret, bootstrapToken("bbbbbb", { expiration: "2030-01-01T00:00:05Z" })],
    ],
    outcome: async (client) => {
      const { data = {} } = await client.get(ConfigMap, {
        namespace: "kube-public",
        name: "cluster-info",
      });
      const { items } = await client.list(Secret, { namespace: "kube-system" });
      return [...Object.keys(data).filter((key) => key.startsWith("jws-")), ...names(items)];
    },
    expected: ["jws-kubeconfig-aaaaaa", "bootstrap-token-aaaaaa"],
  },
  {
    name: "a service's address that somebody takes away, and one that is nobody's",
    objects: [
      [Service, { metadata: at, spec: { clusterIP: "10.96.0.77", ports: [{ port: 80 }] } }],
      [
        IPAddress,
        {
          metadata: {
            name: "10.96.0.99",
            labels: {
              "ipaddress.kubernetes.io/ip-family": "IPv4",
              "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            },
          },
          spec: { parentRef: { resource: "services", namespace, name: "gone" } },
        },
      ],
    ],
    act: once((client) => client.delete(IPAddress, { name: "10.96.0.77" })),
    outcome: async (client) =>
      names((await client.list(IPAddress)).items).filter((name) => /\.(77|99)$/.test(name)),
    expected: ["10.96.0.77"],
  },
  {
    name: "a claim and a volume",
    objects: [
      [
        PersistentVolumeClaim,
        { metadata: at, spec: { ...claimSpec, storageClassName: "local-path" } },
      ],
      [
        PersistentVolume,
        {
          metadata: {
            name: "v",
            annotations: { "pv.kubernetes.io/provisioned-by": provisionerName },
          },
          spec: {
            storageClassName: "local-path",
            capacity: { storage: "1Gi" },
            accessModes: ["ReadWriteOnce"],
            claimRef: { namespace, name: "web" },
            hostPath: { path: "/data" },
          },
        },
      ],
      [StorageClass, localPathClass],
    ],
    act: async (client) => {
      const change = { spec: { resources: { requests: { storage: "2Gi" } } } };
      const claim = await client.get(PersistentVolumeClaim, at);
      if (claim.status.phase === "Bound")
        await client.patch(PersistentVolumeClaim, at, { is: "merge", change });
    },
    outcome: async (client) => {
      const claim = await client.get(PersistentVolumeClaim, at);
      const volume = await client.get(PersistentVolume, { name: "v" });
      return [
        `${claim.status.phase} ${claim.spec.volumeName} ${claim.status.capacity?.["storage"]}`,
        `${volume.status.phase} ${volume.spec.capacity?.["storage"]}`,
        ...(claim.metadata.finalizers ?? []),
        ...(volume.metadata.finalizers ?? []),
      ];
    },
    expected: [
      "Bound v 2Gi",
      "Bound 2Gi",
      "kubernetes.io/pvc-protection",
      "kubernetes.io/pv-protection",
    ],
  },
  {
    name: "a claim for which a folder is made",
    objects: [
      [
        PersistentVolumeClaim,
        {
          metadata: { ...at, annotations: { "volume.kubernetes.io/selected-node": "a" } },
          spec: { ...claimSpec, storageClassName: "local-path" },
        },
      ],
      [StorageClass, localPathClass],
      [ConfigMap, localPathSettings({ folder: "/volumes", image: "k8ts.local/node" })],
      [Node, { metadata: { name: "a", labels: { "kubernetes.io/hostname": "a" } } }],
    ],
    act: (client) => finish(client, "kube-system"),
    outcome: async (client) => {
      const { status } = await client.get(PersistentVolumeClaim, at);
      const volumes = (await client.list(PersistentVolume)).items;
      return [
        status.phase ?? "",
        `${volumes.length} volume`,
        ...names(await pods(client, "kube-system")),
      ];
    },
    expected: ["Bound", "1 volume"],
  },
  {
    name: "a pod's own volume",
    objects: [
      [
        Pod,
        {
          metadata: at,
          spec: {
            containers,
            volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }],
          },
        },
      ],
    ],
    outcome: async (client) => {
      const { items } = await client.list(PersistentVolumeClaim, { namespace });
      return items.map(
        ({ metadata }) => `${metadata.name} of ${metadata.ownerReferences?.[0]?.name}`,
      );
    },
    expected: ["web-scratch of web"],
  },
];

for (const scenario of scenarios) {
  const { name, expected } = scenario;
  test(`${name}: bears restarts`, async () => {
    deepEqual(await endure(scenario, { seed: 1, restarts: true }), expected);
  });
  test(`${name}: bears refused and lost writes`, async () => {
    deepEqual(await endure(scenario, { seed: 2, faults: true }), expected);
  });
  test(`${name}: bears others who write`, async () => {
    deepEqual(await endure(scenario, { seed: 3, rivals: true, restarts: true }), expected);
  });
  test(`${name}: bears deletion in the middle`, async () => {
    const single = { ...scenario, objects: scenario.objects.slice(0, 1) };
    deepEqual(await vanish(single, { seed: 4, restarts: true, faults: true }), []);
  });
}
