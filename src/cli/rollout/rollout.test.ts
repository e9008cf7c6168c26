import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { startTestCli, type TestCli } from "../testing.ts";

const at = { namespace: "default", name: "web" };

/** A deployment with a replica set for each image, as its controller would have made them. */
async function withRevisions(...images: readonly string[]): Promise<TestCli> {
  const cli = await startTestCli();
  await cli.run("create", "deployment", "web", `--image=${images.at(-1)}`, "--replicas=2");
  const { metadata, spec } = await cli.client.get(Deployment, at);
  const [container] = spec.template.spec.containers;
  for (const [i, image] of images.entries()) {
    const labels = { app: "web", "pod-template-hash": String(i) };
    await cli.client.create(ReplicaSet, {
      metadata: {
        namespace: "default",
        name: `web-${i}`,
        labels,
        annotations: { "deployment.kubernetes.io/revision": String(i + 1) },
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            name: "web",
            uid: metadata.uid ?? "",
            controller: true,
          },
        ],
      },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { ...spec.template.spec, containers: [{ ...container, image }] },
        },
      },
    } as never);
  }
  return cli;
}

const setStatus = (cli: TestCli, status: object): Promise<Deployment> =>
  cli.client.patch(
    Deployment,
    { ...at, subresource: "status" },
    { is: "merge", change: { status } },
  );

test("status tells every step once, and ends with the rollout", async () => {
  await using cli = await withRevisions("nginx:1");
  await setStatus(cli, { observedGeneration: 1, replicas: 2, updatedReplicas: 1 });
  const running = cli.run("rollout", "status", "deploy/web");
  for (const status of [
    { updatedReplicas: 2, availableReplicas: 1, readyReplicas: 1 },
    { availableReplicas: 1, readyReplicas: 2 },
    { availableReplicas: 2, readyReplicas: 2 },
  ])
    await setStatus(cli, status);
  const { code, output } = await running;
  equal(code, 0);
  equal(output.split("\n").at(-2), 'deployment "web" successfully rolled out');
  deepEqual([...new Set(output.split("\n"))], output.split("\n"));
});

test("status of a rollout that missed its deadline is a failure", async () => {
  await using cli = await withRevisions("nginx:1");
  await setStatus(cli, {
    observedGeneration: 1,
    conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }],
  });
  deepEqual(await cli.run("rollout", "status", "deploy/web"), {
    code: 1,
    output: "",
    errors: 'error: deployment "web" exceeded its progress deadline\n',
  });
});

test("history lists revisions, and shows the template of one", async () => {
  await using cli = await withRevisions("nginx:1", "nginx:2");
  equal(
    (await cli.run("rollout", "history", "deploy/web")).output,
    "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
  );
  const { output } = await cli.run("rollout", "history", "deploy/web", "--revision=1");
  match(output, /^deployment\.apps\/web with revision #1\nPod Template:\n[^]*Image:\tnginx:1\n/);
});

test("undo brings back the template before, or the one that is named", async () => {
  await using cli = await withRevisions("nginx:1", "nginx:2", "nginx:3");
  const image = async (): Promise<string | undefined> =>
    (await cli.client.get(Deployment, at)).spec.template.spec.containers[0]?.image;
  equal(
    (await cli.run("rollout", "undo", "deploy/web")).output,
    "deployment.apps/web rolled back\n",
  );
  equal(await image(), "nginx:2");
  await cli.run("rollout", "undo", "deploy/web", "--to-revision=1");
  equal(await image(), "nginx:1");
  const { spec } = await cli.client.get(Deployment, at);
  deepEqual(spec.template.metadata.labels, { app: "web" });
  const { errors } = await cli.run("rollout", "undo", "deploy/web", "--to-revision=9");
  equal(errors, "error: unable to find specified revision 9 in history\n");
});

test("a paused rollout can be neither restarted nor undone until it is resumed", async () => {
  await using cli = await withRevisions("nginx:1", "nginx:2");
  equal((await cli.run("rollout", "pause", "deploy/web")).output, "deployment.apps/web paused\n");
  equal(
    (await cli.run("rollout", "pause", "deploy/web")).errors,
    'error: deployments.apps "web" is already paused\n',
  );
  match((await cli.run("rollout", "undo", "deploy/web")).errors, /you cannot rollback a paused/);
  match((await cli.run("rollout", "restart", "deploy/web")).errors, /can't restart paused/);
  equal((await cli.run("rollout", "resume", "deploy/web")).output, "deployment.apps/web resumed\n");
  equal(
    (await cli.run("rollout", "restart", "deploy/web")).output,
    "deployment.apps/web restarted\n",
  );
  const { spec } = await cli.client.get(Deployment, at);
  deepEqual(Object.keys(spec.template.metadata.annotations ?? {}), [
    "kubectl.kubernetes.io/restartedAt",
  ]);
});

test("other kinds cannot be rolled out", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "configmap", "settings");
  equal(
    (await cli.run("rollout", "status", "cm/settings")).errors,
    "error: no status viewer has been implemented for ConfigMap\n",
  );
});
