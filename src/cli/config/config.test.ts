/** The config commands, on files in a folder of their own. */
import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Ran, run } from "../stream/testing.ts";

interface Home extends AsyncDisposable {
  readonly folder: string;
  readonly config: (...line: readonly string[]) => Promise<Ran>;
}

/** `names`: what $KUBECONFIG lists. */
async function home(...names: readonly string[]): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-config-"));
  const KUBECONFIG = names.map((name) => join(folder, name)).join(":");
  return {
    folder,
    config: (...line) =>
      run(undefined, ["config", ...line], {
        folder,
        env: names.length > 0 ? { KUBECONFIG } : { HOME: folder },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("a kubeconfig is made from nothing, shown, and taken apart", async () => {
  await using at = await home();
  const { config, folder } = at;
  const path = join(folder, ".kube/config");
  const said: string[] = [];
  for (const line of [
    "set-cluster lab --server=https://10.0.0.1:6443 --insecure-skip-tls-verify",
    "set-credentials me --token=secret",
    "set-context lab --cluster=lab --user=me",
    "use-context lab",
    "set-context --current --namespace=dev",
    "rename-context lab work",
    "current-context",
  ]) {
    const { output, errors } = await config(...line.split(" "));
    said.push(output + errors);
  }
  equal(
    said.join(""),
    `Cluster "lab" set.\nUser "me" set.\nContext "lab" created.\nSwitched to context "lab".\nContext "lab" modified.\nContext "lab" renamed to "work".\nwork\n`,
  );
  equal((await stat(path)).mode & 0o777, 0o600);
  equal(
    (await config("view")).output,
    `apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://10.0.0.1:6443
  name: lab
contexts:
- context:
    cluster: lab
    namespace: dev
    user: me
  name: work
current-context: work
kind: Config
users:
- name: me
  user:
    token: REDACTED
`,
  );
  match((await config("view", "--raw")).output, /token: secret/);
  equal(
    (await config("get-contexts")).output,
    "CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\n*         work   lab       me         dev\n",
  );
  const gone = await config("delete-context", "work");
  equal(gone.output, `deleted context work from ${path}\n`);
  match(gone.errors, /^warning: this removed your active context, use "k8ts config use-context"/);
  equal((await config("delete-cluster", "lab")).output, `deleted cluster lab from ${path}\n`);
  equal((await config("delete-user", "me")).output, `deleted user me from ${path}\n`);
});

test("of several files the one changes that holds the entry; new ones go to the first there", async () => {
  await using at = await home("missing", "one", "two");
  const { config, folder } = at;
  const context = (name: string): string =>
    `contexts: [{name: ${name}, context: {cluster: c, user: u}}]\nextra: kept\n`;
  await writeFile(join(folder, "one"), context("first"));
  await writeFile(join(folder, "two"), `${context("second")}current-context: second\n`);
  await config("set-context", "second", "--namespace=x");
  await config("set-context", "third");
  await config("use-context", "first");
  const [one, two] = await Promise.all(
    ["one", "two"].map((name) => readFile(join(folder, name), "utf8")),
  );
  match(two ?? "", /namespace: x/);
  match(two ?? "", /current-context: first/);
  match(one ?? "", /name: third/);
  match(one ?? "", /extra: kept/);
  deepEqual(await readdir(folder), ["one", "two"]);
});

test("files are relative to where the user is; embedded, they come along", async () => {
  await using at = await home("config");
  const { config, folder } = at;
  await writeFile(join(folder, "ca.crt"), "PEM");
  const set = ["set-cluster", "lab", "--certificate-authority=ca.crt"];
  await config(...set);
  match((await config("view")).output, new RegExp(`certificate-authority: ${folder}/ca.crt`));
  match((await config("view", "--flatten", "--raw")).output, /certificate-authority-data: UEVN\n/);
  await config(...set, "--embed-certs");
  match((await config("view")).output, /certificate-authority-data: DATA\+OMITTED\n/);
  equal((await readFile(join(folder, "config"), "utf8")).includes("ca.crt"), false);
  await config("set-cluster", "lab", "--insecure-skip-tls-verify");
  equal((await config("view")).output.includes("certificate-authority"), false);
});

test("single values are set and unset by their path, in names with dots too", async () => {
  await using at = await home("config");
  const { config } = at;
  for (const line of [
    "set contexts.lab.example.com.namespace dev",
    "set contexts.lab.example.com.cluster c",
    "set clusters.c.insecure-skip-tls-verify true",
    "set users.u.client-key-data PEM --set-raw-bytes",
    "set current-context lab.example.com",
    "unset contexts.lab.example.com.namespace",
  ])
    equal((await config(...line.split(" "))).errors, "");
  const { output } = await config("view", "--raw", "-o", "json");
  const { clusters, contexts, users } = JSON.parse(output) as Record<string, unknown>;
  deepEqual(
    [clusters, contexts, users],
    [
      [{ name: "c", cluster: { "insecure-skip-tls-verify": true } }],
      [{ name: "lab.example.com", context: { cluster: "c" } }],
      [{ name: "u", user: { "client-key-data": "UEVN" } }],
    ],
  );
  await config("unset", "users");
  match((await config("view")).output, /users: null/);
});

test("who gets a token loses the password, and the reverse", async () => {
  await using at = await home("config");
  const { config } = at;
  await config("set-credentials", "me", "--username=joe", "--password=pw");
  await config("set-credentials", "me", "--token=t");
  match((await config("view", "--raw")).output, /user:\n {4}token: t\n$/);
});

test("minified, only what the current context needs is left", async () => {
  await using at = await home("config");
  const { config } = at;
  for (const name of ["a", "b"]) {
    await config("set-cluster", name, `--server=https://${name}`);
    await config("set-context", name, `--cluster=${name}`);
  }
  equal(
    (await config("view", "--minify")).errors,
    "error: current-context must exist in order to minify\n",
  );
  await config("use-context", "b");
  const template = "jsonpath={.clusters[*].cluster.server} {.contexts[*].name}";
  equal((await config("view", "--minify", "-o", template)).output, "https://b b");
  equal((await config("view", "--minify", "--context=a", "-o", template)).output, "https://a a");
});

const refusals = [
  ["current-context", "current-context is not set"],
  ["use-context x", 'no context exists with the name: "x"'],
  ["use-context", "Unexpected args: []"],
  ["set-context", "you must specify a non-empty context name or --current"],
  ["set-context --current", "no current context is set"],
  ["set-context x --current", "you cannot specify both a context name and --current"],
  ["get-contexts x", "context x not found"],
  ["delete-context x", "cannot delete context x, not in FILE"],
  ["delete-cluster x", "cannot delete cluster x, not in FILE"],
  ["delete-user x", "cannot delete user x, not in FILE"],
  ["rename-context x y", `cannot rename the context "x", it's not in FILE`],
  ["set foo.bar 1", "unable to parse foo.bar after [] at api.Config"],
  [
    "set clusters.c.insecure-skip-tls-verify yes",
    'strconv.ParseBool: parsing "yes": invalid syntax',
  ],
  [
    "set-cluster c --embed-certs --certificate-authority=nope",
    "could not stat certificate-authority file nope: stat nope: no such file or directory",
  ],
  [
    "set-credentials u --token=t --username=n",
    "you cannot specify more than one authentication method at the same time: --token, --username/--password",
  ],
] as const;
for (const [line, why] of refusals) {
  test(`config ${line}: ${why}`, async () => {
    await using at = await home("config");
    const { code, errors } = await at.config(...line.split(" "));
    equal(code, 1);
    equal(errors, `error: ${why.replace("FILE", join(at.folder, "config"))}\n`);
  });
}
