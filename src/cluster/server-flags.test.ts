import { deepEqual, rejects } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { systemDisk } from "#host/disk.ts";
import { flagTexts, readKubeletFile, readServerFiles, serverSettings } from "./server-flags.ts";

test("what was said last time stays, until it is said anew or taken back", () => {
  const first = serverSettings(
    { "audit-policy-file": "policy.yaml", "audit-log-maxage": 3 },
    { before: undefined, folder: "/home/me" },
  );
  deepEqual(first, { "audit-policy-file": "/home/me/policy.yaml", "audit-log-maxage": 3 });
  const second = serverSettings(
    { "audit-policy-file": "", "audit-log-maxsize": 9 },
    { before: first, folder: "/" },
  );
  deepEqual(second, { "audit-log-maxage": 3, "audit-log-maxsize": 9 });
});

test("the API server shows its flags and not those of others; files by their paths", () => {
  const shown = flagTexts({
    "token-auth-file": "/etc/tokens.csv",
    "audit-log-maxage": 3,
    "kubelet-config": "/etc/kubelet.yaml",
  });
  deepEqual(
    [shown["token-auth-file"], shown["audit-log-maxage"], shown["audit-log-path"]],
    ["/etc/tokens.csv", "3", ""],
  );
  deepEqual(shown["kubelet-config"], undefined);
});

test("a file that is missing or wrong is told with its flag", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "flags-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "policy.yaml");
  const read = () =>
    readServerFiles({ "audit-policy-file": path }, { disk: systemDisk, random: seededRandom(1) });
  await rejects(read, { message: `--audit-policy-file: there is no file ${path}` });
  await writeFile(path, "kind: Policy");
  await rejects(
    read,
    /^Error: --audit-policy-file: .*policy.yaml:1:1: apiVersion: Unsupported value: ""/,
  );
});

test("the kubelet's file is told with its flag; without one the disk's thresholds are amounts", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "flags-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "kubelet.yaml");
  const signals = async (settings: { "kubelet-config"?: string }) => {
    const { eviction } = await readKubeletFile(settings, { disk: systemDisk });
    return eviction.thresholds.map(({ signal, amount }) => [signal, "quantity" in amount]);
  };
  deepEqual(await signals({}), [
    ["memory.available", true],
    ["nodefs.available", true],
    ["nodefs.inodesFree", true],
    ["imagefs.available", true],
    ["imagefs.inodesFree", true],
  ]);
  const head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
  await writeFile(path, `${head}evictionHard:\n  nodefs.available: 10%\n`);
  deepEqual(await signals({ "kubelet-config": path }), [["nodefs.available", false]]);
  await writeFile(path, `${head}evictionHard:\n  nodefs.available: ten\n`);
  await rejects(
    signals({ "kubelet-config": path }),
    /^Error: --kubelet-config: .*kubelet.yaml:4:21: evictionHard.nodefs.available: Invalid value: "ten": must be a quantity/,
  );
});

test("the scheduler's configuration finds its modules beside itself", async () => {
  const path = join(import.meta.dirname, "../../examples/scheduler-plugin/scheduler.yaml");
  const ports = { disk: systemDisk, random: seededRandom(1) };
  const { scheduler } = await readServerFiles({ "scheduler-config": path }, ports);
  deepEqual(
    scheduler?.profiles.map(({ schedulerName, plugins }) => [schedulerName, plugins.at(-1)?.name]),
    [
      ["default-scheduler", "QuietNodes"],
      ["packing", "DefaultBinder"],
    ],
  );
});

test("feature gates that do not exist, or may not be switched, are told before anything starts", async () => {
  const ports = { disk: systemDisk, random: seededRandom(1) };
  const { gates } = await readServerFiles({ "feature-gates": "GenericWorkload=true" }, ports);
  deepEqual(gates.settings, { GenericWorkload: true });
  await rejects(readServerFiles({ "feature-gates": "GangScheduling=true" }, ports), {
    message:
      "--feature-gates: GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]: set GenericWorkload=true as well",
  });
});

test("admission plugins that do not exist are told before anything starts", async () => {
  const ports = { disk: systemDisk, random: seededRandom(1) };
  const plugins = "AlwaysPullImages, ExtendedResourceToleration";
  const { admission } = await readServerFiles({ "enable-admission-plugins": plugins }, ports);
  deepEqual(admission, { enable: plugins.split(", "), disable: [] });
  const typo = readServerFiles({ "disable-admission-plugins": "PodSecurty" }, ports);
  await rejects(
    typo,
    /^Error: admission plugin "PodSecurty" is unknown: there are AlwaysPullImages,/,
  );
});

test("an OpenID provider may be said by flags", async () => {
  const ports = { disk: systemDisk, random: seededRandom(1) };
  const url = "https://id.example.org";
  const provider = { "oidc-issuer-url": url, "oidc-client-id": "k8s" };
  const issuerOf = async (more: object) =>
    (await readServerFiles({ ...provider, ...more }, ports)).authentication?.jwt[0];
  const plain = await issuerOf({});
  deepEqual(
    [plain?.audiences, plain?.mappings.username, plain?.mappings.groups, plain?.algorithms],
    [["k8s"], { is: "claim", claim: "sub", prefix: `${url}#` }, undefined, ["RS256"]],
  );
  const full = await issuerOf({
    "oidc-username-claim": "email",
    "oidc-groups-claim": "roles",
    "oidc-groups-prefix": "id:",
    "oidc-required-claim": "team=blue,level=2",
    "oidc-signing-algs": "ES256,RS256",
  });
  deepEqual(
    [full?.mappings.username, full?.mappings.groups, full?.claimRules, full?.algorithms],
    [
      { is: "claim", claim: "email", prefix: "" },
      { is: "claim", claim: "roles", prefix: "id:" },
      [
        { is: "claim", claim: "team", value: "blue" },
        { is: "claim", claim: "level", value: "2" },
      ],
      ["ES256", "RS256"],
    ],
  );
  deepEqual((await issuerOf({ "oidc-username-prefix": "-" }))?.mappings.username, {
    is: "claim",
    claim: "sub",
    prefix: "",
  });
});

test("flags of an OpenID provider that do not fit are told before anything starts", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "flags-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "authentication.yaml");
  const kind = "AuthenticationConfiguration";
  await writeFile(path, JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind }));
  const ports = { disk: systemDisk, random: seededRandom(1) };
  const provider = { "oidc-issuer-url": "https://id.example.org", "oidc-client-id": "k8s" };
  for (const [settings, message] of [
    [
      { "oidc-client-id": "k8s" },
      "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set",
    ],
    [
      { ...provider, "authentication-config": path },
      "authentication-config file and oidc-* flags are mutually exclusive",
    ],
    [
      { ...provider, "oidc-required-claim": "team" },
      "oidc-required-claim: malformed pair, expect string=string",
    ],
    [
      { ...provider, "oidc-signing-algs": "none" },
      'oidc: unsupported signing alg: "none"; there are RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512',
    ],
    [
      { ...provider, "oidc-issuer-url": "http://id.example.org" },
      /issuer.url: Invalid value: "http:\/\/id.example.org": URL scheme must be https/,
    ],
  ] as const)
    await rejects(readServerFiles(settings, ports), { message });
});
