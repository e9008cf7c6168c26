import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { startTestCli } from "../testing.ts";

const at = { namespace: "default", name: "settings" };
const configMap = (data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: ${data}\n`;

test("apply creates, changes what differs, and removes what it set before", async () => {
  await using cli = await startTestCli();
  const apply = async (data: string): Promise<string> => {
    await cli.file("a.yaml", configMap(data));
    return (await cli.run("apply", "-f", "a.yaml")).output;
  };
  equal(await apply("{ a: '1', b: '1' }"), "configmap/settings created\n");
  // Somebody else's field stays.
  await cli.client.patch(ConfigMap, at, { is: "merge", change: { data: { other: "x" } } });
  equal(await apply("{ a: '2' }"), "configmap/settings configured\n");
  deepEqual({ ...(await cli.client.get(ConfigMap, at)).data }, { a: "2", other: "x" });
  equal(await apply("{ a: '2' }"), "configmap/settings unchanged\n");
});

test("what was applied last is kept in an annotation, and can be seen", async () => {
  await using cli = await startTestCli();
  await cli.file("a.yaml", configMap("{ a: '1' }"));
  await cli.run("apply", "-f", "a.yaml");
  const { metadata } = await cli.client.get(ConfigMap, at);
  equal(
    metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"],
    '{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"settings","namespace":"default"}}\n',
  );
  match(
    (await cli.run("apply", "view-last-applied", "cm/settings")).output,
    /^data:\n {2}a: "1"$/m,
  );
});

test("apply warns of objects that it did not make", async () => {
  await using cli = await startTestCli();
  await cli.make(configMap("{ a: '1' }"));
  await cli.file("a.yaml", configMap("{ a: '2' }"));
  match(
    (await cli.run("apply", "-f", "a.yaml")).errors,
    /^Warning: resource configmaps\/settings is missing the/,
  );
});

test("containers are merged by name, and lists of them keep what the cluster added", async () => {
  await using cli = await startTestCli();
  const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: "${image}" }] }
`;
  await cli.file("d.yaml", deployment("nginx:1"));
  await cli.run("apply", "-f", "d.yaml");
  await cli.run("scale", "deploy/web", "--replicas=5");
  await cli.file("d.yaml", deployment("nginx:2"));
  await cli.run("apply", "-f", "d.yaml");
  const { spec } = await cli.client.get(Deployment, { namespace: "default", name: "web" });
  deepEqual([spec.replicas, spec.template.spec.containers[0]?.image], [5, "nginx:2"]);
});

test("server-side apply tells of conflicts, and takes fields only by force", async () => {
  await using cli = await startTestCli();
  const apply = (value: string, ...flags: readonly string[]) =>
    cli
      .file("a.yaml", configMap(`{ a: '${value}' }`))
      .then(() => cli.run("apply", "--server-side", "-f", "a.yaml", ...flags));
  equal(
    (await apply("1", "--field-manager=one")).output,
    "configmap/settings serverside-applied\n",
  );
  const { code, errors } = await apply("2", "--field-manager=two");
  equal(code, 1);
  match(errors, /conflict with "one": \.data\.a\nPlease review the fields above/);
  equal((await apply("2", "--field-manager=two", "--force-conflicts")).code, 0);
  deepEqual({ ...(await cli.client.get(ConfigMap, at)).data }, { a: "2" });
});

test("diff shows what apply would do, with exit code 1, and changes nothing", async () => {
  await using cli = await startTestCli();
  await cli.make(configMap("{ a: '1' }"));
  await cli.file("a.yaml", configMap("{ a: '2' }"));
  const env = { TMPDIR: cli.folder };
  const { code, output } = await cli.runIn({ env }, "diff", "-f", "a.yaml");
  equal(code, 1);
  match(output, /^-  a: "1"\n\+  a: "2"$/m);
  deepEqual({ ...(await cli.client.get(ConfigMap, at)).data }, { a: "1" });
  await cli.file("a.yaml", configMap("{ a: '1' }"));
  equal((await cli.runIn({ env }, "diff", "-f", "a.yaml")).code, 0);
});

test("diff does not count the annotation in which apply keeps what it was given", async () => {
  await using cli = await startTestCli();
  await cli.file("a.yaml", configMap("{ a: '1' }"));
  await cli.run("apply", "-f", "a.yaml");
  const env = { TMPDIR: cli.folder };
  deepEqual(await cli.runIn({ env }, "diff", "-f", "a.yaml"), { code: 0, output: "", errors: "" });
});

test("bad files are refused in one line, and change nothing", async () => {
  await using cli = await startTestCli();
  const errors = async (text: string): Promise<string> => {
    await cli.file("a.yaml", text);
    const { code, errors: said } = await cli.run("apply", "-f", "a.yaml");
    equal(code, 1);
    return said;
  };
  equal(
    (await cli.run("apply", "-f", "nope.yaml")).errors,
    'error: the path "nope.yaml" does not exist\n',
  );
  match(
    await errors("kind: Pod\n"),
    /^error: error validating "a.yaml": error validating data: apiVersion not set;/,
  );
  match(await errors("a: [\n"), /^error: error parsing a\.yaml: error converting YAML to JSON: /);
  match(
    await errors(configMap("{ a: 1 }")),
    /^Error from server \(BadRequest\): error when creating "a.yaml": /,
  );
  match(
    await errors("apiVersion: x/v1\nkind: Gizmo\nmetadata: { name: a }\n"),
    /^error: resource mapping not found for name: "a" namespace: "" from "a.yaml": no matches for kind "Gizmo"/,
  );
});
