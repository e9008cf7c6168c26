/** Forks: twins that share what neither changes. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { isReason } from "#api/errors.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { podOf, web } from "./test-manifests.ts";
import { type Cluster, createCluster } from "./testing.ts";

const inDefault = { namespace: "default" };
const at = (name: string) => ({ ...inDefault, name });

const namesOf = async ({ client }: Cluster): Promise<readonly (string | undefined)[]> =>
  (await client.list(ConfigMap, inDefault)).items.map(({ metadata: { name } }) => name);

const note = (cluster: Cluster, name: string) =>
  cluster.client.create(ConfigMap, { metadata: at(name) });

const readyPods = async ({ client }: Cluster): Promise<readonly string[]> =>
  (await client.list(Pod, inDefault)).items
    .filter(isPodReady)
    .map(({ metadata: { name = "", uid } }) => `${name} ${uid}`);

test("a branch and its origin do not see what the other does, nor does a branch of the branch", async () => {
  await using origin = await createCluster();
  await note(origin, "common");
  await using branch = origin.fork();
  await note(branch, "of-branch");
  await note(origin, "of-origin");
  await using twig = branch.fork();
  await note(twig, "of-twig");
  await branch.client.delete(ConfigMap, at("common"));
  const root = "kube-root-ca.crt";
  deepEqual(await namesOf(origin), ["common", root, "of-origin"]);
  deepEqual(await namesOf(branch), [root, "of-branch"]);
  deepEqual(await namesOf(twig), ["common", root, "of-branch", "of-twig"]);
});

test("time moves in each on its own", async () => {
  await using origin = await createCluster({ nodes: 1 });
  await using branch = origin.fork();
  const now = origin.clock.now();
  equal(branch.clock.now(), now);
  await branch.clock.advance("1 hour");
  equal(origin.clock.now(), now);
  const { status } = await branch.client.get(Node, { name: "node-1" });
  equal(findCondition(status.conditions ?? [], "Ready")?.status, "True");
});

const runOn = async (kubelets: "whole" | "light"): Promise<void> => {
  const work = { match: { image: "work" }, runsForMs: 60_000 };
  await using origin = await createCluster({ nodes: 3, behaviours: [work], kubelets });
  await origin.apply([
    web({ replicas: 4 }),
    podOf("work", { image: "work:1", restartPolicy: "Never" }),
  ]);
  await origin.idle();
  const before = await readyPods(origin);
  await using branch = origin.fork();
  await branch.clock.advance("2 minutes");
  const isWeb = (name: string): boolean => name.startsWith("web");
  deepEqual(await readyPods(branch), before.filter(isWeb));
  const restarts = (await branch.client.list(Pod, inDefault)).items.flatMap(({ status }) =>
    (status.containerStatuses ?? []).map(({ restartCount }) => restartCount),
  );
  deepEqual(new Set(restarts), new Set([0]));
  equal((await branch.client.get(Pod, at("work"))).status.phase, "Succeeded");
  equal((await origin.client.get(Pod, at("work"))).status.phase, "Running");

  await branch.nodes[0]?.stop();
  await branch.clock.advance("10 minutes");
  equal((await readyPods(branch)).length, 4);
  equal(origin.nodes[0]?.isOn, true);
  await origin.clock.advance("10 minutes");
  deepEqual(await readyPods(origin), before.filter(isWeb));
};

for (const kubelets of ["whole", "light"] as const)
  test(`containers of ${kubelets} kubelets run on in the branch, and what they do there is not done in the origin`, () =>
    runOn(kubelets));

test("what is written to a branch is worked on when its time moves, not before", async () => {
  await using origin = await createCluster({ nodes: 2 });
  await using branch = origin.fork();
  const object = web({ replicas: 3 });
  await branch.client.patch(Deployment, at("web"), { is: "apply", object });
  equal((await branch.client.list(Pod)).items.length, 0);
  await branch.idle();
  equal((await readyPods(branch)).length, 3);
  equal((await origin.client.list(Pod)).items.length, 0);
});

const staysOff = async (kubelets: "whole" | "light"): Promise<void> => {
  await using origin = await createCluster({ nodes: 2, kubelets });
  await origin.nodes[1]?.stop();
  await origin.clock.advance("1 minute");
  await using branch = origin.fork();
  equal(branch.nodes[1]?.isOn, false);
  await branch.clock.advance("1 minute");
  const statusOf = async (cluster: Cluster): Promise<string | undefined> => {
    const { status } = await cluster.client.get(Node, { name: "node-2" });
    return findCondition(status.conditions ?? [], "Ready")?.status;
  };
  equal(await statusOf(branch), "Unknown");
  branch.nodes[1]?.start();
  await branch.idle();
  equal(await statusOf(branch), "True");
  equal(origin.nodes[1]?.isOn, false);
};

for (const kubelets of ["whole", "light"] as const)
  test(`a node with a ${kubelets} kubelet that is switched off stays so in a branch, until it is switched on there`, () =>
    staysOff(kubelets));

test("two branches of the same moment live the same life", async () => {
  await using origin = await createCluster({ nodes: 3, seed: 5 });
  await origin.apply(web({ replicas: 2 }));
  await origin.idle();
  const live = async (branch: Cluster): Promise<readonly string[]> => {
    await branch.apply(web({ replicas: 5, image: "web:2" }));
    await branch.clock.advance("3 minutes");
    const { items } = await branch.client.list(Event);
    return items.map(({ metadata, message, lastTimestamp }) =>
      [metadata.name, metadata.uid, message, lastTimestamp].join(" "),
    );
  };
  await using one = origin.fork();
  await using other = origin.fork();
  const life = await live(one);
  ok(life.length > 20);
  deepEqual(await live(other), life);
});

const gadgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { size: { type: "integer", maximum: 9 } } },
            },
          },
        },
      },
    ],
  },
};

const gadget = (name: string, size: number) => ({
  apiVersion: "example.com/v1",
  kind: "Gadget",
  metadata: at(name),
  spec: { size },
});

const path = "/apis/example.com/v1/namespaces/default/gadgets";

async function gadgetsIn({ client }: Cluster): Promise<readonly string[] | number> {
  const { status, body } = await client.raw({ method: "GET", path });
  if (body.is !== "list") return status;
  return body.list.items.map(({ object: { metadata } }) => metadata.name ?? "");
}

const make = ({ client }: Cluster, object: object) =>
  client.raw({ method: "POST", path, body: { is: "object", object } });

test("custom resources and their definitions are part of a branch", async () => {
  await using origin = await createCluster();
  await origin.apply(gadgets);
  await origin.idle();
  await make(origin, gadget("first", 1));
  await using branch = origin.fork();
  equal((await make(branch, gadget("second", 2))).status, 201);
  equal((await make(branch, gadget("too-big", 10))).status, 422);
  deepEqual(await gadgetsIn(branch), ["first", "second"]);
  await branch.client.delete(CustomResourceDefinition, { name: "gadgets.example.com" });
  await branch.idle();
  deepEqual(await gadgetsIn(branch), 404);
  deepEqual(await gadgetsIn(origin), ["first"]);
});

test("a token of the origin is good in a branch", async () => {
  await using origin = await createCluster();
  const { status } = await origin.client.createSub<{ status: { token: string } }>(
    ServiceAccount,
    { ...at("default"), subresource: "token" },
    { object: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} } },
  );
  await using branch = origin.fork();
  const review = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: status.token },
  };
  const { body } = await branch.client.raw({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/tokenreviews",
    body: { is: "object", object: review },
  });
  ok(body.is === "object");
  const answer = body.sealed.object as { status?: { user?: { username?: string } } };
  equal(answer.status?.user?.username, "system:serviceaccount:default:default");
});

test("a branch outlives its origin", async () => {
  const origin = await createCluster({ nodes: 1 });
  await using branch = origin.fork();
  await origin[Symbol.asyncDispose]();
  await branch.apply(web({ replicas: 2 }));
  await branch.idle();
  equal((await readyPods(branch)).length, 2);
});

test("with 100,000 objects a branch is there at once, for reading and writing", async () => {
  const count = 100_000;
  await using root = await createCluster();
  // Nobody looks at what is made in a branch whose time has not moved: that is quicker.
  await using origin = root.fork();
  const { client } = origin;
  for (let i = 0; i < count; i += 1_000) {
    const names = Array.from({ length: 1_000 }, (_, j) => `note-${i + j}`);
    await Promise.all(names.map((name) => client.create(ConfigMap, { metadata: at(name) })));
  }
  await using branch = origin.fork();
  // Neither a turn of the event loop nor time has passed: it is there.
  const first = branch.client.get(ConfigMap, at("note-0"));
  equal((await first).metadata.name, "note-0");
  await branch.client.delete(ConfigMap, at("note-99999"));
  await note(branch, "only-here");
  equal((await branch.client.list(ConfigMap, inDefault)).items.length, count + 1);
  equal((await client.get(ConfigMap, at("note-99999"))).metadata.name, "note-99999");
  await rejects(client.get(ConfigMap, at("only-here")), (cause) => isReason(cause, "NotFound"));
});
