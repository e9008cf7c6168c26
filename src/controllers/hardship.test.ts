import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Job } from "#api/batch/job.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Endpoints } from "#api/core/endpoints.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { Secret } from "#api/core/secret.ts";
import { Service } from "#api/core/service.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceClaimTemplate } from "#api/resource/resourceclaimtemplate.ts";
import type { Client } from "#client/client.ts";
import { CsiWorld, csiObjects } from "./attachments/testing.ts";
import { endure, once, type Scenario, vanish } from "./hardship/testing.ts";

const namespace = "default";
const metadata = { name: "web", namespace };
const labels = { app: "web" };

const template = (image = "web:1", spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: "c", image }], ...spec },
});

const spec = { replicas: 3, selector: { matchLabels: labels }, template: template() };

const pods = async (client: Client): Promise<readonly Pod[]> =>
  (await client.list(Pod, { namespace })).items;

const readyImages = async (client: Client): Promise<readonly string[]> =>
  (await pods(client)).filter(isPodReady).map(({ spec: of }) => of.containers[0]?.image ?? "");

const threeReady = ["web:1", "web:1", "web:1"];

/** As a kubelet does whose containers have ended well. */
async function finishPods(client: Client): Promise<void> {
  for (const {
    metadata: { name = "" },
    status,
  } of await pods(client)) {
    if (status.phase !== "Running") continue;
    const change = { status: { phase: "Succeeded" } };
    await client.patch(Pod, { namespace, name, subresource: "status" }, { is: "merge", change });
  }
}

/** The node that a daemon set's pod is for. */
function placeOf({ spec: { affinity } }: Pod): string {
  const [term] =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return term?.matchFields?.[0]?.values?.[0] ?? "";
}

/** As an attacher, two kubelets and an impatient user do. */
function movingWorld(): (client: Client) => Promise<void> {
  const worlds = new WeakMap<Client, { readonly world: CsiWorld; steps: number }>();
  return async (client) => {
    const at = worlds.get(client) ?? { world: new CsiWorld(), steps: 0 };
    worlds.set(client, at);
    if (++at.steps === 6) await at.world.move(client);
    await at.world.act(client);
  };
}

const node = (name: string) => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: "True" }] },
});

const scenarios: readonly Scenario[] = [
  {
    name: "a replica set",
    objects: [[ReplicaSet, { metadata, spec }]],
    outcome: readyImages,
    expected: threeReady,
  },
  {
    name: "a replication controller",
    objects: [[ReplicationController, { metadata, spec: { ...spec, selector: labels } }]],
    outcome: readyImages,
    expected: threeReady,
  },
  {
    name: "a deployment that is rolled out anew",
    objects: [[Deployment, { metadata, spec }]],
    act: once(async (client) => {
      const change = { spec: { template: template("web:2") } };
      await client.patch(Deployment, metadata, { is: "strategic", change });
    }),
    outcome: async (client) => {
      const { items } = await client.list(ReplicaSet, { namespace });
      const counts = items.map(({ spec: { replicas } }) => String(replicas)).toSorted();
      return [...(await readyImages(client)), ...counts];
    },
    expected: ["web:2", "web:2", "web:2", "0", "3"],
  },
  {
    name: "a stateful set",
    objects: [[StatefulSet, { metadata, spec: { ...spec, serviceName: "web" } }]],
    outcome: async (client) =>
      (await pods(client)).map((pod) => pod.metadata.name ?? "").toSorted(),
    expected: ["web-0", "web-1", "web-2"],
  },
  {
    name: "a daemon set",
    objects: [
      [DaemonSet, { metadata, spec: { selector: spec.selector, template: template() } }],
      [Node, node("a")],
      [Node, node("b")],
    ],
    outcome: async (client) => (await pods(client)).map(placeOf).toSorted(),
    expected: ["a", "b"],
  },
  {
    name: "an indexed job",
    objects: [
      [
        Job,
        {
          metadata,
          spec: {
            completions: 5,
            parallelism: 2,
            completionMode: "Indexed",
            template: template("web:1", { restartPolicy: "Never" }),
          },
        },
      ],
    ],
    act: finishPods,
    outcome: async (client) => {
      const { status } = await client.get(Job, metadata);
      return [status.completedIndexes ?? "", String(status.succeeded)];
    },
    expected: ["0-4", "5"],
  },
  {
    name: "a service with its endpoints",
    objects: [
      [Service, { metadata, spec: { selector: labels, ports: [{ port: 80 }] } }],
      [
        Endpoints,
        {
          metadata: { name: "other", namespace },
          subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 1 }] }],
        },
      ],
      [Service, { metadata: { name: "other", namespace }, spec: { ports: [{ port: 1 }] } }],
    ],
    outcome: async (client) => {
      const { items } = await client.list(EndpointSlice, {
        namespace,
        labelSelector: "kubernetes.io/service-name!=kubernetes",
      });
      return items
        .map(
          (slice) =>
            `${slice.metadata.labels?.["kubernetes.io/service-name"]} ${slice.endpoints.length}`,
        )
        .toSorted();
    },
    expected: ["other 1", "web 0"],
  },
  {
    name: "a budget",
    objects: [
      [PodDisruptionBudget, { metadata, spec: { minAvailable: 2, selector: spec.selector } }],
      [ReplicaSet, { metadata, spec }],
    ],
    outcome: async (client) => {
      const { status } = await client.get(PodDisruptionBudget, metadata);
      return [`${status.currentHealthy} of ${status.expectedPods}, ${status.disruptionsAllowed}`];
    },
    expected: ["3 of 3, 1"],
  },
  {
    name: "an account's token",
    objects: [
      [ServiceAccount, { metadata }],
      [
        Secret,
        {
          metadata: { ...metadata, annotations: { "kubernetes.io/service-account.name": "web" } },
          type: "kubernetes.io/service-account-token",
        },
      ],
    ],
    outcome: async (client) =>
      Object.keys((await client.get(Secret, metadata)).data ?? {}).toSorted(),
    expected: ["ca.crt", "namespace", "token"],
  },
  {
    name: "a pod's claim of a device",
    objects: [
      [
        Pod,
        {
          metadata,
          spec: {
            containers: [{ name: "c", image: "i", resources: { claims: [{ name: "mine" }] } }],
            resourceClaims: [{ name: "mine", resourceClaimTemplateName: "gpus" }],
          },
        },
      ],
      [
        ResourceClaimTemplate,
        {
          metadata: { name: "gpus", namespace },
          spec: {
            spec: {
              devices: { requests: [{ name: "g", exactly: { deviceClassName: "gpu" } }] },
            },
          },
        },
      ],
    ],
    outcome: async (client) => {
      const { items } = await client.list(ResourceClaim, { namespace });
      return items.map((claim) => claim.metadata.ownerReferences?.[0]?.name ?? "");
    },
    expected: ["web"],
  },
  {
    name: "a volume whose pod moves to another node",
    objects: csiObjects,
    act: movingWorld(),
    outcome: async (client) => {
      const { items } = await client.list(Node);
      const listing = items.filter(({ status }) => status.volumesAttached?.length);
      return listing.map((found) => found.metadata.name ?? "");
    },
    expected: ["b"],
  },
];

const seeds = [1, 2];

for (const scenario of scenarios) {
  const { name, expected } = scenario;
  test(`${name}: works`, async () => {
    deepEqual(await endure(scenario, { seed: 1 }), expected);
  });
  for (const seed of seeds) {
    test(`${name}: bears restarts (seed ${seed})`, async () => {
      deepEqual(await endure(scenario, { seed, restarts: true }), expected);
    });
    test(`${name}: bears refused and lost writes (seed ${seed})`, async () => {
      deepEqual(await endure(scenario, { seed, faults: true }), expected);
    });
    test(`${name}: bears others who write (seed ${seed})`, async () => {
      deepEqual(await endure(scenario, { seed, rivals: true }), expected);
    });
    test(`${name}: bears deletion in the middle (seed ${seed})`, async () => {
      const single = { ...scenario, objects: scenario.objects.slice(0, 1) };
      deepEqual(await vanish(single, { seed, restarts: true, faults: seed > 1 }), []);
    });
  }
}
