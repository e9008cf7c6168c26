import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Pod } from "#api/core/pod.ts";
import { startTestCli, type TestCli } from "../testing.ts";

const pod = (name: string, { image = "nginx", labels = "app: web" } = {}) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default, labels: { ${labels} } }
spec: { containers: [{ name: main, image: ${image} }] }
---
`;

async function withPods(): Promise<TestCli> {
  const cli = await startTestCli();
  await cli.make(pod("web-10") + pod("web-2", { labels: "app: web, tier: front" }));
  return cli;
}

test("a table has the server's columns, as wide as its widest cell", async () => {
  await using cli = await withPods();
  deepEqual(await cli.run("get", "pods"), {
    code: 0,
    output: `NAME     READY   STATUS    RESTARTS   AGE
web-10   0/1     Pending   0          0s
web-2    0/1     Pending   0          0s
`,
    errors: "",
  });
});

test("wide tables, label columns, labels and the namespace add columns", async () => {
  await using cli = await withPods();
  const { output } = await cli.run("get", "po", "-A", "-o", "wide", "-L", "tier", "--show-labels");
  equal(
    output,
    `NAMESPACE   NAME     READY   STATUS    RESTARTS   AGE   IP       NODE     NOMINATED NODE   READINESS GATES   TIER    LABELS
default     web-10   0/1     Pending   0          0s    <none>   <none>   <none>           <none>                    app=web
default     web-2    0/1     Pending   0          0s    <none>   <none>   <none>           <none>            front   app=web,tier=front
`,
  );
});

test("several types print a table each, with the type before the names", async () => {
  await using cli = await withPods();
  await cli.client.create(ConfigMap, { metadata: { namespace: "default", name: "settings" } });
  const { output } = await cli.run("get", "cm,pods", "-l", "!tier");
  equal(
    output,
    `NAME                 DATA   AGE
configmap/settings   0      0s

NAME         READY   STATUS    RESTARTS   AGE
pod/web-10   0/1     Pending   0          0s
`,
  );
});

test("names, jsonpath and custom columns print what they name", async () => {
  await using cli = await withPods();
  const output = async (form: string): Promise<string> =>
    (await cli.run("get", "pods", "-o", form)).output;
  equal(await output("name"), "pod/web-10\npod/web-2\n");
  equal(await output("jsonpath={.items[*].metadata.name}"), "web-10 web-2");
  equal(
    await output(
      'jsonpath={range .items[*]}{.metadata.name}{"="}{.spec.containers[0].image}{"\\n"}{end}',
    ),
    "web-10=nginx\nweb-2=nginx\n",
  );
  equal(
    await output("custom-columns=NAME:.metadata.name,TIER:.metadata.labels.tier"),
    "NAME     TIER\nweb-10   <none>\nweb-2    front\n",
  );
});

test("one object prints as it is, several as a list", async () => {
  await using cli = await withPods();
  const one = JSON.parse((await cli.run("get", "pod", "web-2", "-o", "json")).output);
  deepEqual([one.kind, one.metadata.name, one.metadata.managedFields], ["Pod", "web-2", undefined]);
  const many = JSON.parse((await cli.run("get", "pod", "-o", "json")).output);
  deepEqual([many.kind, many.items.length, many.items[0].kind], ["List", 2, "Pod"]);
  const { output } = await cli.run("get", "pod/web-2", "-o", "yaml");
  match(output, /^apiVersion: v1\nkind: Pod\nmetadata:\n {2}creationTimestamp: /);
});

test("--sort-by compares numbers within names as numbers", async () => {
  await using cli = await withPods();
  const { output } = await cli.run("get", "pods", "--sort-by=.metadata.name", "--no-headers");
  deepEqual(output.match(/web-\d+/g), ["web-2", "web-10"]);
});

test("--watch prints what is there, and every change under the same headers", async () => {
  await using cli = await withPods();
  const stop = new AbortController();
  const lines: string[] = [];
  const output = {
    isTerminal: false,
    size: () => undefined,
    onResize: () => ({ [Symbol.dispose]: () => {} }),
    write: (text: string | Uint8Array) => {
      lines.push(...String(text).split("\n").filter(Boolean));
      if (lines.length === 3) void cli.client.delete(Pod, { namespace: "default", name: "web-2" });
      if (lines.length === 4) stop.abort();
    },
  };
  const { code } = await cli.runIn(
    { output, signal: stop.signal },
    "get",
    "pods",
    "--watch",
    "--output-watch-events",
  );
  equal(code, 0);
  deepEqual(
    lines.map((line) => line.split(/\s+/).slice(0, 2)),
    [
      ["EVENT", "NAME"],
      ["ADDED", "web-10"],
      ["ADDED", "web-2"],
      ["DELETED", "web-2"],
    ],
  );
});

test("what cannot be had is told in one line, with exit code 1", async () => {
  await using cli = await withPods();
  const errors = async (...words: string[]): Promise<string> => {
    const { code, errors: text } = await cli.run(...words);
    equal(code, 1);
    return text;
  };
  equal(
    await errors("get", "pod", "nope"),
    'Error from server (NotFound): pods "nope" not found\n',
  );
  equal(await errors("get", "gizmos"), `error: the server doesn't have a resource type "gizmos"\n`);
  equal(
    await errors("get", "pods", "web-2", "-l", "a=b"),
    "error: name cannot be provided when a selector is specified\n",
  );
  match(await errors("get", "pods", "-o", "xml"), /^error: unable to match a printer suitable for/);
  match(await errors("get", "pods", "-o", "jsonpath={"), /^error: error parsing jsonpath \{, /);
});

test("nothing found is said, and is no failure", async () => {
  await using cli = await startTestCli();
  deepEqual(await cli.run("get", "pods", "-n", "empty"), {
    code: 0,
    output: "",
    errors: "No resources found in empty namespace.\n",
  });
});
