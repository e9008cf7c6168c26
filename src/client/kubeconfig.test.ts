import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Disk } from "#base/disk.ts";
import {
  editKubeconfig,
  formatKubeconfig,
  KubeconfigError,
  loadKubeconfig,
  mergeKubeconfigs,
  parseKubeconfig,
  resolveContext,
  withAccess,
  withCurrentContext,
  withoutAccess,
} from "./kubeconfig.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const work = `
apiVersion: v1
kind: Config
current-context: work
preferences:
  colors: true
clusters:
- name: work
  cluster:
    server: https://work.example.com:6443
    certificate-authority-data: ${base64("CA")}
    proxy-url: http://proxy
contexts:
- name: work
  context: {cluster: work, user: me, namespace: team}
users:
- name: me
  user:
    client-certificate-data: ${base64("CERT")}
    client-key-data: ${base64("KEY")}
`;

/** Files in memory: as much of a disk as a kubeconfig needs. */
const diskOf = (files: Record<string, string>) => {
  const modes: Record<string, number> = {};
  const disk: Partial<Disk> = {
    read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
    write: async (path, content, mode) => {
      files[path] = content.toString();
      modes[path] = mode ?? 0;
    },
    makeFolder: async (path, mode) => {
      modes[path] = mode ?? 0;
    },
  };
  return { disk: disk as Disk, files, modes };
};

const access = {
  name: "k8ts",
  cluster: { server: "https://127.0.0.1:6443" },
  user: { token: "t" },
};

test("a context leads to a server, its certificates and credentials", async () => {
  const { name, namespace, location } = await resolveContext(parseKubeconfig(work), diskOf({}));
  deepEqual([name, namespace, location.url], ["work", "team", "https://work.example.com:6443"]);
  deepEqual(await location.credentials(), {
    tls: { ca: "CA", identity: { certificate: "CERT", key: "KEY" } },
  });
});

test("what we do not understand survives reading, changing and writing", () => {
  const config = withCurrentContext(withAccess(parseKubeconfig(work), access), "k8ts");
  const again = parseKubeconfig(formatKubeconfig(config));
  deepEqual(again["preferences"], { colors: true });
  equal(again.clusters[0]?.cluster["proxy-url"], "http://proxy");
  equal(again["current-context"], "k8ts");
  deepEqual(
    again.contexts.map(({ name }) => name),
    ["work", "k8ts"],
  );
});

test("an access replaces the one of its name, and can be taken out again", () => {
  const twice = withAccess(withAccess(parseKubeconfig(work), access), {
    ...access,
    user: { token: "new" },
    namespace: "shop",
  });
  equal(twice.users.length, 2);
  deepEqual(twice.users[1]?.user, { token: "new" });
  deepEqual(twice.contexts[1]?.context, { cluster: "k8ts", user: "k8ts", namespace: "shop" });
  deepEqual(withoutAccess(twice, "k8ts"), parseKubeconfig(work));
  equal(withoutAccess(withCurrentContext(twice, "k8ts"), "k8ts")["current-context"], "");
});

test("of several files the first one wins", () => {
  const other = parseKubeconfig(work.replace("team", "other").replace("current-context: work", ""));
  const merged = mergeKubeconfigs([withAccess(other, access), parseKubeconfig(work)]);
  equal(merged["current-context"], "work");
  equal(merged.contexts.find(({ name }) => name === "work")?.context.namespace, "other");
  equal(merged.clusters.length, 2);
});

test("paths are relative to the file they stand in; missing files count as empty", async () => {
  const { disk } = diskOf({
    "/home/me/.kube/config": work.replace(
      /certificate-authority-data: .*/,
      "certificate-authority: ca.pem",
    ),
    "/home/me/.kube/ca.pem": "CA of the file",
  });
  const config = await loadKubeconfig(disk, ["/nowhere", "/home/me/.kube/config"]);
  const { location } = await resolveContext(config, { disk });
  equal((await location.credentials()).tls?.ca, "CA of the file");
});

test("a token file is read anew for every request", async () => {
  const { disk, files } = diskOf({ "/token": "one\n" });
  const config = withAccess(parseKubeconfig(""), { ...access, user: { tokenFile: "/token" } });
  const { location } = await resolveContext(config, { disk, context: "k8ts" });
  equal((await location.credentials()).token, "one");
  files["/token"] = "two\n";
  equal((await location.credentials()).token, "two");
});

test("a file is changed in place, for its owner's eyes only", async () => {
  const { disk, files, modes } = diskOf({});
  await editKubeconfig(disk, "/home/me/.kube/config", (config) => withAccess(config, access));
  deepEqual([modes["/home/me/.kube"], modes["/home/me/.kube/config"]], [0o750, 0o600]);
  equal(parseKubeconfig(files["/home/me/.kube/config"] ?? "").contexts.length, 1);
});

test("impersonation goes with every request", async () => {
  const user = { token: "t", as: "jane", "as-groups": ["dev"] };
  const config = withAccess(parseKubeconfig(""), { ...access, user });
  const { location } = await resolveContext(config, { ...diskOf({}), context: "k8ts" });
  deepEqual(location.headers, { "impersonate-user": "jane", "impersonate-group": "dev" });
});

test("what is wrong is said in words", async () => {
  throws(() => parseKubeconfig("- a list"), KubeconfigError);
  const nothing = parseKubeconfig("");
  await rejects(resolveContext(nothing, diskOf({})), /no current context is set/);
  const missing = { ...diskOf({}), context: "x" };
  await rejects(resolveContext(nothing, missing), /context "x" does not exist/);
  const program = withAccess(nothing, { ...access, user: { exec: { command: "aws" } } });
  await rejects(resolveContext(program, { ...diskOf({}), context: "k8ts" }), /from a program/);
});
