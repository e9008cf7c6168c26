import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Secret } from "#api/core/secret.ts";
import { Role } from "#api/rbac/role.ts";
import { startTestCli } from "../testing.ts";

const namespace = "default";

test("config maps and secrets are made of literals and files", async () => {
  await using cli = await startTestCli();
  await cli.file("app.conf", "colour=blue\n");
  equal(
    (await cli.run("create", "cm", "settings", "--from-file=app.conf", "--from-literal=a=1"))
      .output,
    "configmap/settings created\n",
  );
  const { data } = await cli.client.get(ConfigMap, { namespace, name: "settings" });
  deepEqual({ ...data }, { a: "1", "app.conf": "colour=blue\n" });
  await cli.run("create", "secret", "generic", "keys", "--from-file=k=app.conf");
  const secret = await cli.client.get(Secret, { namespace, name: "keys" });
  equal(Buffer.from(secret.data?.["k"] ?? "", "base64").toString(), "colour=blue\n");
});

test("a dry run prints the object, and makes none", async () => {
  await using cli = await startTestCli();
  const { output } = await cli.run(
    "create",
    "deployment",
    "web",
    "--image=nginx",
    "--dry-run=client",
    "-o",
    "yaml",
  );
  match(output, /^apiVersion: apps\/v1\nkind: Deployment\n/);
  match((await cli.run("get", "deploy")).errors, /^No resources found/);
});

test("rules of a role stand together by group", async () => {
  await using cli = await startTestCli();
  await cli.run(
    "create",
    "role",
    "reader",
    "--verb=get,list",
    "--resource=pods,deployments.apps,pods/log",
  );
  const { rules } = await cli.client.get(Role, { namespace, name: "reader" });
  deepEqual(
    (rules ?? []).map(({ apiGroups, resources }) => [apiGroups?.join(), resources?.join()]),
    [
      ["", "pods,pods/log"],
      ["apps", "deployments"],
    ],
  );
});

test("labels, annotations and deletion say what they did", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "cm", "a");
  const say = async (...words: readonly string[]): Promise<string> => {
    const { output, errors } = await cli.run(...words);
    return output + errors;
  };
  equal(await say("label", "cm", "a", "x=1"), "configmap/a labeled\n");
  equal(
    await say("label", "cm", "a", "x=2"),
    "error: 'x' already has a value (1), and --overwrite is false\n",
  );
  equal(await say("label", "cm", "a", "x-"), "configmap/a unlabeled\n");
  equal(await say("annotate", "cm", "a", "note=b"), "configmap/a annotated\n");
  match(await say("delete", "cm", "a"), /^configmap "a" deleted/);
  equal(await say("delete", "cm", "a"), 'Error from server (NotFound): configmaps "a" not found\n');
  equal(
    await say("create", "cm"),
    "error: exactly one NAME is required, got 0\nSee 'k8ts create configmap -h' for help and examples\n",
  );
});
