import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Deployment } from "#api/apps/deployment.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { startTestCli, type TestCli } from "../testing.ts";

const at = { namespace: "default", name: "web" };

async function withWeb(): Promise<TestCli> {
  const cli = await startTestCli();
  await cli.run("create", "deployment", "web", "--image=nginx:1", "--replicas=2", "--port=80");
  return cli;
}

const said = async (cli: TestCli, ...words: readonly string[]): Promise<string> => {
  const { output, errors } = await cli.run(...words);
  return output + errors;
};

test("patch takes all three kinds, and says when nothing changed", async () => {
  await using cli = await withWeb();
  const patch = (...words: readonly string[]) => said(cli, "patch", "deploy", "web", ...words);
  equal(await patch("-p", '{"spec":{"replicas":3}}'), "deployment.apps/web patched\n");
  equal(await patch("-p", "spec: {replicas: 3}"), "deployment.apps/web patched (no change)\n");
  const operations = '[{"op":"replace","path":"/spec/replicas","value":4}]';
  equal(await patch("--type=json", "-p", operations), "deployment.apps/web patched\n");
  equal(
    await patch("--type=merge", "-p", '{"spec":{"paused":true}}', "-o", "name"),
    "deployment.apps/web\n",
  );
  const { spec } = await cli.client.get(Deployment, at);
  deepEqual([spec.replicas, spec.paused], [4, true]);
  match(
    await patch("-p", "{}", "--type=x"),
    /^error: --type must be one of \[json merge strategic\], not "x"\n$/,
  );
});

test("scale sets the size, when the one before is as expected", async () => {
  await using cli = await withWeb();
  equal(await said(cli, "scale", "deploy/web", "--replicas=3"), "deployment.apps/web scaled\n");
  equal(
    await said(cli, "scale", "deploy/web", "--current-replicas=9", "--replicas=1"),
    "error: Expected replicas to be 9, was 3\n",
  );
  equal((await cli.client.get(Deployment, at)).spec.replicas, 3);
  match(await said(cli, "scale", "deploy/web"), /^error: required flag\(s\) "replicas" not set\n/);
});

test("set changes images, variables and resources of containers by name", async () => {
  await using cli = await withWeb();
  equal(
    await said(cli, "set", "image", "deploy/web", "nginx=nginx:2"),
    "deployment.apps/web image updated\n",
  );
  equal(await said(cli, "set", "image", "deploy/web", "nginx=nginx:2"), "");
  equal(
    await said(cli, "set", "image", "deploy/web", "db=x"),
    'error: unable to find container named "db"\n',
  );
  equal(
    await said(cli, "set", "env", "deploy/web", "A=1", "B=2"),
    "deployment.apps/web env updated\n",
  );
  await cli.run("set", "env", "deploy/web", "A-");
  equal(
    await said(cli, "set", "env", "deploy/web", "--list"),
    "# Deployment web, container nginx\nB=2\n",
  );
  await cli.run(
    "set",
    "resources",
    "deploy/web",
    "--limits=cpu=1,memory=1Gi",
    "--requests=cpu=100m",
  );
  const [container] = (await cli.client.get(Deployment, at)).spec.template.spec.containers;
  equal(container?.image, "nginx:2");
  deepEqual(JSON.parse(JSON.stringify(container?.resources)), {
    limits: { cpu: "1", memory: "1Gi" },
    requests: { cpu: "100m" },
  });
});

test("expose makes a service for the pods of a deployment, on their ports", async () => {
  await using cli = await withWeb();
  equal(await said(cli, "expose", "deploy/web", "--target-port=8080"), "service/web exposed\n");
  const { spec } = await cli.client.get(Service, at);
  deepEqual({ ...spec.selector }, { app: "web" });
  deepEqual([spec.ports?.[0]?.port, spec.ports?.[0]?.targetPort], [80, 8080]);
  await cli.run("create", "configmap", "settings");
  equal(await said(cli, "expose", "cm/settings", "--port=1"), "error: cannot expose a ConfigMap\n");
});

test("run makes a pod, with a service if wished", async () => {
  await using cli = await startTestCli();
  equal(
    await said(cli, "run", "web", "--image=nginx", "--port=80", "--expose", "--env=A=1"),
    "service/web created\npod/web created\n",
  );
  const { metadata, spec } = await cli.client.get(Pod, at);
  deepEqual({ ...metadata.labels }, { run: "web" });
  equal(spec.containers[0]?.env?.[0]?.value, "1");
  await cli.run("run", "once", "--image=busybox", "--restart=Never", "--", "echo", "hi");
  const once = await cli.client.get(Pod, { namespace: "default", name: "once" });
  deepEqual(
    [once.spec.restartPolicy, [...(once.spec.containers[0]?.args ?? [])]],
    ["Never", ["echo", "hi"]],
  );
});

test("wait ends when the object is as wished, and fails when time is up", async () => {
  await using cli = await startTestCli();
  await cli.run("run", "web", "--image=nginx");
  const waiting = cli.run("wait", "--for=condition=Ready", "pod/web");
  await cli.client.patch(
    Pod,
    { ...at, subresource: "status" },
    {
      is: "merge",
      change: { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
    },
  );
  equal((await waiting).output, "pod/web condition met\n");
  equal(
    await said(cli, "wait", "--for=jsonpath={.status.phase}=Running", "pod/web"),
    "pod/web condition met\n",
  );
  equal(await said(cli, "wait", "--for=delete", "pod/nope"), "");
  equal(await said(cli, "wait", "--for=x", "pod/web"), 'error: unrecognized condition: "x"\n');
  const before = cli.clock.pending;
  const late = cli.run("wait", "--for=delete", "pod/web", "--timeout=5s");
  while (cli.clock.pending === before) await setImmediate();
  await cli.clock.advance("5s");
  deepEqual(await late, {
    code: 1,
    output: "",
    errors: "error: timed out waiting for the condition on pods/web\n",
  });
});

test("a drained node keeps the pods that nobody would replace, unless forced", async () => {
  await using cli = await startTestCli();
  await cli.client.create(Node, { metadata: { name: "n1" } });
  await cli.make(`
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default }
spec: { nodeName: n1, containers: [{ name: c, image: i }] }
`);
  equal(await said(cli, "cordon", "n1"), "node/n1 cordoned\n");
  const { code, output, errors } = await cli.run("drain", "n1");
  deepEqual([code, output], [1, "node/n1 already cordoned\n"]);
  match(
    errors,
    /cannot delete Pods that declare no controller \(use --force to override\): default\/web/,
  );
  match(
    await said(cli, "drain", "n1", "--force", "--dry-run=client"),
    /evicting pod default\/web \(dry run\)\nnode\/n1 drained \(dry run\)\n/,
  );
  equal(await said(cli, "uncordon", "n1"), "node/n1 uncordoned\n");
});

test("replace puts the file's object in the place of the one that is there", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "configmap", "web", "--from-literal=a=1");
  await cli.file(
    "a.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { b: '2' }\n",
  );
  equal(await said(cli, "replace", "-f", "a.yaml"), "configmap/web replaced\n");
  deepEqual({ ...(await cli.client.get(ConfigMap, at)).data }, { b: "2" });
  await cli.run("delete", "configmap", "web", "--wait=false");
  match(
    await said(cli, "replace", "-f", "a.yaml"),
    /^Error from server \(NotFound\): error when replacing "a.yaml": /,
  );
});

test("edit sends what the editor made of the object, and reopens what is refused", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "configmap", "web", "--from-literal=a=1");
  const edit = (editor: string) =>
    cli.runIn({ env: { KUBE_EDITOR: editor, TMPDIR: cli.folder } }, "edit", "cm/web");
  equal((await edit('sed -i s/"1"/"2"/')).output, "configmap/web edited\n");
  deepEqual({ ...(await cli.client.get(ConfigMap, at)).data }, { a: "2" });
  equal((await edit("true")).errors, "Edit cancelled, no changes made.\n");
  const { code, errors } = await edit("sed -i s/^data:$/data:x/");
  equal(code, 1);
  match(errors, /Edit cancelled, no valid changes were saved\.\n$/);
});

test("the API is listed and explained from what the server publishes", async () => {
  await using cli = await startTestCli();
  match(
    await said(cli, "api-resources", "--api-group=apps"),
    /^deployments +deploy +apps\/v1 +true +Deployment$/m,
  );
  match(await said(cli, "api-versions"), /^apps\/v1$/m);
  match(
    await said(cli, "explain", "deploy.spec.replicas"),
    /^GROUP: {6}apps\nKIND: {7}Deployment\nVERSION: {4}v1\n\nFIELD: replicas <integer>\n/,
  );
  equal(await said(cli, "explain", "deploy.spec.nope"), 'error: field "nope" does not exist\n');
  equal(await said(cli, "top", "pod"), "error: Metrics API not available\n");
});
