import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { filter, score as scoreOf } from "../plugins/testing.ts";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import { FeatureGates } from "#api/feature-gates.ts";
import { defaultPlugins, defaultWeights } from "../profile.ts";
import { loadConfiguration, type LoadModule } from "./configuration.ts";

const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";
const none: LoadModule = () => Promise.reject(new Error("there are no modules"));
const load = (yaml: string, modules = none) => loadConfiguration(head + yaml, modules);

test("an empty file is the default scheduler", async () => {
  const { profiles, backoff } = await load("");
  equal(profiles.length, 1);
  equal(profiles[0]?.schedulerName, "default-scheduler");
  deepEqual(profiles[0]?.plugins, defaultPlugins);
  deepEqual(profiles[0]?.weights, defaultWeights);
  deepEqual(backoff, { firstMs: seconds(1), maxMs: seconds(10) });
});

test("profiles have their own plugins, weights and arguments", async () => {
  const { profiles, backoff } = await load(`
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 30
parallelism: 16
leaderElection: {leaderElect: false}
profiles:
- schedulerName: packing
  percentageOfNodesToScore: 40
  plugins:
    multiPoint: {disabled: [{name: ImageLocality}]}
    score:
      disabled: [{name: PodTopologySpread}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 3}]}
- schedulerName: plain
  plugins:
    score: {disabled: [{name: "*"}]}
`);
  deepEqual(backoff, { firstMs: seconds(2), maxMs: seconds(30) });
  const [packing, plain] = profiles;
  const pluginOf = (name: string) => packing?.plugins.find((plugin) => plugin.name === name);
  deepEqual([packing?.schedulerName, packing?.percentageOfNodesToScore], ["packing", 40]);
  equal(pluginOf("ImageLocality"), undefined);
  equal(pluginOf("PodTopologySpread")?.score, undefined);
  equal(typeof pluginOf("PodTopologySpread")?.filter, "function");
  equal(packing?.weights?.["NodeResourcesFit"], 5);
  equal(
    plain?.plugins.some(({ score }) => score),
    false,
  );
});

test("a profile adds node affinity of its own", async () => {
  const yaml = (added: string) => `
profiles:
- pluginConfig:
  - {name: NodeAffinity, args: {addedAffinity: ${added}}}
`;
  const term = (values: string) =>
    `{matchExpressions: [{key: pool, operator: In, values: [${values}]}]}`;
  const required = `requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [${term("a, b")}]}`;
  const preferred = `preferredDuringSchedulingIgnoredDuringExecution: [{weight: 5, preference: ${term("b")}}]`;
  const { profiles } = await load(yaml(`{${required}, ${preferred}}`));
  const plugin = profiles[0]?.plugins.find(({ name }) => name === "NodeAffinity");
  const nodes = ["a", "b", "c"].map((name) => nodeOf(name, { labels: { pool: name } }));
  const { snapshot } = snapshotOf(nodes);
  const plain = podOf("p");
  const picky = podOf("q", { spec: { nodeSelector: { pool: "b" } } });
  const notAdded = "node(s) didn't match scheduler-enforced node affinity!";
  const mismatch = "node(s) didn't match Pod's node affinity/selector!";
  deepEqual(plugin && filter(snapshot, plugin, plain), { a: "fine", b: "fine", c: notAdded });
  deepEqual(plugin && filter(snapshot, plugin, picky), { a: mismatch, b: "fine", c: notAdded });
  deepEqual(plugin && scoreOf(snapshot, plugin, plain), { a: 0, b: 100, c: 0 });
  const wrong: readonly [string, RegExp][] = [
    [`{require: 1, ${required}}`, /addedAffinity: unknown field "require"/],
    [`{${required.replace("In", "Is")}}`, /operator/],
    [`{${preferred.replace("5", "0")}}`, /weight: Invalid value: 0: must be in the range 1-100/],
    ["5", /addedAffinity/],
  ];
  for (const [added, message] of wrong) await rejects(load(yaml(added)), message);
});

test("extenders come with their certificates, and the scheduler leaves their resources alone", async () => {
  const yaml = `
extenders:
- urlPrefix: https://gpus
  filterVerb: filter
  prioritizeVerb: rate
  weight: 3
  httpTimeout: 300ms
  nodeCacheCapable: true
  ignorable: true
  managedResources: [{name: example.com/gpu, ignoredByScheduler: true}, {name: example.com/fpga}]
  tlsConfig: {serverName: gpus.local, caFile: ca.pem, certData: Q0VSVA==, keyFile: key.pem}
- {urlPrefix: https://any, enableHTTPS: true}
`;
  const read = (path: string) => Promise.resolve(path === "lost.pem" ? undefined : `<${path}>`);
  const { extenders, profiles } = await loadConfiguration(head + yaml, none, { read });
  deepEqual(extenders, [
    {
      urlPrefix: "https://gpus",
      filterVerb: "filter",
      prioritizeVerb: "rate",
      weight: 3,
      isNodeCacheCapable: true,
      isIgnorable: true,
      timeoutMs: 300,
      managedResources: new Set(["example.com/gpu", "example.com/fpga"]),
      tls: {
        ca: "<ca.pem>",
        identity: { certificate: "CERT", key: "<key.pem>" },
        serverName: "gpus.local",
      },
    },
    {
      urlPrefix: "https://any",
      weight: 0,
      isNodeCacheCapable: false,
      isIgnorable: false,
      timeoutMs: seconds(5),
      managedResources: new Set(),
      tls: { insecure: true },
    },
  ]);
  const cluster = snapshotOf([nodeOf("a")]).snapshot;
  const fit = profiles[0]?.plugins.find(({ name }) => name === "NodeResourcesFit");
  const asking = (resource: string) =>
    fit && filter(cluster, fit, podOf("p", { requests: { [resource]: "1" } }));
  deepEqual(asking("example.com/gpu"), { a: "fine" });
  deepEqual(asking("example.com/fpga"), { a: "Insufficient example.com/fpga!" });
  const lost = yaml.replace("ca.pem", "lost.pem");
  await rejects(
    loadConfiguration(head + lost, none, { read }),
    /extender https:\/\/gpus: there is no file lost.pem/,
  );
});

const quiet = `
pluginModules:
- {name: QuietNodes, module: k8ts-quiet-nodes}
profiles:
- plugins: {multiPoint: {enabled: [{name: QuietNodes}]}}
  pluginConfig: [{name: QuietNodes, args: {most: 3}}]
`;

test("plugins of third parties are modules: a plugin, or a function that makes it", async () => {
  const asked: unknown[] = [];
  const { profiles } = await load(quiet, (specifier) => {
    asked.push(specifier);
    return Promise.resolve({
      plugin: (args: unknown, kit: object) => {
        asked.push(args, Object.keys(kit).sort());
        return { name: "QuietNodes", filter: () => undefined };
      },
    });
  });
  deepEqual(asked, ["k8ts-quiet-nodes", { most: 3 }, ["Only", "hopeless", "refuse", "skip"]]);
  equal(profiles[0]?.plugins.at(-1)?.name, "QuietNodes");
});

test("a module that is of no use is told by the plugin's name", async () => {
  const cases: readonly [unknown, RegExp][] = [
    [{}, /plugin QuietNodes: its module must export "plugin"/],
    [{ default: { name: "Other" } }, /plugin QuietNodes: its module calls itself Other/],
    [
      {
        default: () => {
          throw new Error("most must be a number");
        },
      },
      /plugin QuietNodes: most must be a number/,
    ],
  ];
  for (const [module, message] of cases)
    await rejects(
      load(quiet, () => Promise.resolve(module)),
      message,
    );
  await rejects(load(quiet), (cause: Error) => {
    match(cause.message, /plugin QuietNodes: the module k8ts-quiet-nodes cannot be loaded/);
    return true;
  });
});

test("a plugin that a feature gate switches on can be named, and switched off again", async () => {
  const gates = new FeatureGates({ GenericWorkload: true, GangScheduling: true });
  const namesIn = async (yaml: string): Promise<readonly string[]> => {
    const { profiles } = await loadConfiguration(head + yaml, none, { gates });
    return profiles[0]?.plugins.map(({ name }) => name) ?? [];
  };
  equal((await namesIn("")).at(-1), "GangScheduling");
  const off = "profiles: [{plugins: {multiPoint: {disabled: [{name: GangScheduling}]}}}]";
  equal((await namesIn(off)).includes("GangScheduling"), false);
  const on = "profiles: [{plugins: {permit: {enabled: [{name: GangScheduling}]}}}]";
  await rejects(load(on), /there is no plugin "GangScheduling"/);
});
