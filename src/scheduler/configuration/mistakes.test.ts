/** What is wrong with a configuration file: where, at which path, why, and what was probably meant. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigurationError } from "#base/configuration.ts";
import { loadConfiguration, parseConfiguration } from "./configuration.ts";

const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

/** As `k8ts up` prints it, a line each. */
function mistakesIn(text: string): readonly string[] {
  try {
    parseConfiguration(text);
    return [];
  } catch (cause) {
    ok(cause instanceof ConfigurationError);
    return cause.inFile("s.yaml").split("\n");
  }
}

/** Begins on line 6 of the file; what is said is told without what all have in front. */
const argsMistakes = (plugin: string, args: string): readonly string[] =>
  mistakesIn(`${head}profiles:\n- pluginConfig:\n  - name: ${plugin}\n    args: ${args}\n`).map(
    (line) => line.replace(/^s\.yaml:6:\d+: profiles\[0\]\.pluginConfig\[0\]\.args\.?/, ""),
  );

const names =
  "DefaultBinder, DefaultPreemption, DynamicResources, ImageLocality, InterPodAffinity, NodeAffinity, NodeDeclaredFeatures, NodeName, NodePorts, " +
  "NodeResourcesBalancedAllocation, NodeResourcesFit, NodeUnschedulable, NodeVolumeLimits, PodTopologySpread, " +
  "PrioritySort, SchedulingGates, TaintToleration, VolumeBinding, VolumeRestrictions, VolumeZone";

describe("a mistake in the file", () => {
  for (const [name, body, ...mistakes] of [
    [
      "no YAML",
      "profiles: [",
      "3:12: yaml: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a key twice", "profiles: []\nprofiles: []", '4:1: yaml: key "profiles" already set in map'],
    [
      "a field nobody knows",
      "profils: []",
      '3:1: profils: unknown field; did you mean "profiles"?',
    ],
    [
      "a field like no other",
      "profiles:\n- colour: red",
      "4:3: profiles[0].colour: unknown field; there are percentageOfNodesToScore, pluginConfig, plugins, schedulerName",
    ],
    ["a value of another type", "profiles: 5", "3:11: profiles: must be a list of objects"],
    [
      "a plugin that is misspelt",
      "profiles:\n- plugins:\n    filter: {enabled: [{name: NodePort}]}",
      '5:31: profiles[0].plugins.filter.enabled[0].name: there is no plugin "NodePort"; did you mean "NodePorts"?',
    ],
    [
      "a plugin that is not there",
      "profiles:\n- plugins:\n    score: {disabled: [{name: Nope}]}",
      `5:31: profiles[0].plugins.score.disabled[0].name: there is no plugin "Nope"; there are ${names}`,
    ],
    [
      "a plugin that is gone",
      "profiles:\n- plugins:\n    filter: {enabled: [{name: EBSLimits}]}",
      '5:24: profiles[0].plugins.filter.enabled[0]: Invalid value: "EBSLimits": was invalid in version "v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")',
    ],
    [
      "a plugin enabled twice",
      "profiles:\n- plugins:\n    filter: {enabled: [{name: NodeName}, {name: NodeName}]}",
      '5:49: profiles[0].plugins.filter.enabled[1].name: plugin "NodeName" already registered as "FilterPlugin"',
    ],
    [
      "a plugin at a point that is not its own",
      "profiles:\n- plugins:\n    filter: {enabled: [{name: ImageLocality}]}",
      '5:31: profiles[0].plugins.filter.enabled[0].name: plugin "ImageLocality" does not extend FilterPlugin plugin',
    ],
    [
      "a negative weight",
      "profiles:\n- plugins:\n    score: {enabled: [{name: ImageLocality, weight: -1}]}",
      "5:53: profiles[0].plugins.score.enabled[0].weight: Invalid value: -1: must not be negative",
    ],
    [
      "nobody who sorts or binds",
      'profiles:\n- plugins:\n    queueSort: {disabled: [{name: PrioritySort}]}\n    bind: {disabled: [{name: "*"}]}',
      "5:5: profiles[0].plugins.queueSort: Required value: at least one plugin is needed",
      "6:5: profiles[0].plugins.bind: Required value: at least one plugin is needed",
    ],
    [
      "two profiles of one name",
      "profiles:\n- schedulerName: a\n- schedulerName: a",
      '5:18: profiles[1].schedulerName: Duplicate value: "a"',
    ],
    [
      "two profiles without a name",
      "profiles:\n- {}\n- percentageOfNodesToScore: 5",
      "4:3: profiles[0].schedulerName: Required value",
      "5:3: profiles[1].schedulerName: Required value",
    ],
    [
      "profiles that sort differently",
      "profiles:\n- schedulerName: a\n- schedulerName: b\n  plugins:\n    queueSort: {enabled: [{name: PrioritySort}]}",
      '7:5: profiles[1].plugins.queueSort: Invalid value: {"enabled":[{"name":"PrioritySort"}]}: must be the same for all profiles',
    ],
    [
      "more than one who sorts",
      "profiles:\n- plugins:\n    queueSort: {enabled: [{name: Own}, {name: PrioritySort}]}\npluginModules: [{name: Own, module: own}]",
      "5:17: profiles[0].plugins.queueSort.enabled: Invalid value: 2: only one queue sort plugin can be enabled",
    ],
    [
      "one who sorts, told different things",
      `profiles:\n${["{by: size}", "{by: age}"]
        .map(
          (args, i) =>
            `- {schedulerName: s${i}, plugins: {queueSort: {enabled: [{name: Own}]}}, pluginConfig: [{name: Own, args: ${args}}]}`,
        )
        .join("\n")}\npluginModules: [{name: Own, module: own}]`,
      '5:71: profiles[1].pluginConfig.args: Invalid value: {"by":"age"}: queueSort must be the same for all profiles',
    ],
    [
      "a share of nodes out of range",
      "percentageOfNodesToScore: 101\nprofiles:\n- percentageOfNodesToScore: -1",
      "3:27: percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]",
      "5:29: profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range [0-100]",
    ],
    [
      "back-off",
      "podInitialBackoffSeconds: 0\npodMaxBackoffSeconds: -1",
      "3:27: podInitialBackoffSeconds: Invalid value: 0: must be greater than 0",
      "4:23: podMaxBackoffSeconds: Invalid value: -1: must be greater than or equal to PodInitialBackoffSeconds",
    ],
    [
      "what has no meaning here",
      "parallelism: 0\nclientConnection: {burst: -1}\nleaderElection: {resourceLock: endpoints, leaseDuration: 5s}",
      "3:14: parallelism: Invalid value: 0: should be an integer value greater than zero",
      "4:27: clientConnection.burst: Invalid value: -1: must be non-negative",
      '5:32: leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"',
      '5:58: leaderElection.leaseDuration: Invalid value: "5s": LeaseDuration must be greater than RenewDeadline',
    ],
    [
      "arguments for a plugin that is not there, or twice",
      "profiles:\n- pluginConfig:\n  - {name: Nope, args: {}}\n  - {name: NodeAffinity}\n  - {name: NodeAffinity}",
      '5:12: profiles[0].pluginConfig[0].name: there is no plugin "Nope"',
      '7:5: profiles[0].pluginConfig[2]: Duplicate value: "NodeAffinity"',
    ],
  ] as const)
    test(name, () =>
      deepEqual(
        mistakesIn(head + body),
        mistakes.map((line) => `s.yaml:${line}`),
      ),
    );
});

test("another kind of file, or another version", () => {
  deepEqual(mistakesIn("apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: Pod\n"), [
    's.yaml:1:13: apiVersion: Unsupported value: "kubescheduler.config.k8s.io/v1beta3": supported values: "kubescheduler.config.k8s.io/v1"; did you mean "kubescheduler.config.k8s.io/v1"?',
    's.yaml:2:7: kind: Unsupported value: "Pod": supported values: "KubeSchedulerConfiguration"',
  ]);
  deepEqual(mistakesIn("- a"), ["s.yaml: the file must hold an object"]);
});

describe("a mistake in arguments", () => {
  for (const [plugin, args, ...mistakes] of [
    [
      "NodeResourcesFit",
      "{kind: NodeNameArgs, apiVersion: v1}",
      "kind: args for plugin NodeResourcesFit were not of type NodeResourcesFitArgs.kubescheduler.config.k8s.io, got NodeNameArgs.kubescheduler.config.k8s.io",
      'apiVersion: Unsupported value: "v1": supported values: "kubescheduler.config.k8s.io/v1"',
    ],
    [
      "NodeResourcesFit",
      "{scoringStrategy: {type: MostAlocated}}",
      'scoringStrategy.type: Unsupported value: "MostAlocated": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"; did you mean "MostAllocated"?',
    ],
    [
      "NodeResourcesFit",
      "{scoringStrategy: {type: LeastAllocated, resources: [{name: cpu, weight: 101}], requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}]}}}",
      "scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]",
      "scoringStrategy.requestedToCapacityRatio: Forbidden: must be nil when type is not RequestedToCapacityRatio",
    ],
    [
      "NodeResourcesFit",
      "{scoringStrategy: {type: RequestedToCapacityRatio}}",
      "scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio",
    ],
    [
      "NodeResourcesFit",
      "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {}}}",
      "scoringStrategy.requestedToCapacityRatio.shape: Required value: at least one point must be specified",
    ],
    [
      "NodeResourcesFit",
      "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 50, score: 11}, {utilization: 50, score: 1}]}}}",
      "scoringStrategy.requestedToCapacityRatio.shape[0].score: Invalid value: 11: not in valid range [0, 10]",
      "scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 50: values must be sorted in increasing order",
    ],
    [
      "NodeResourcesFit",
      "{ignoredResources: [a b], ignoredResourceGroups: [a/b]}",
      "ignoredResources[0]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      "ignoredResourceGroups[0]: Invalid value: \"a/b\": resource group name can't contain '/'",
    ],
    [
      "NodeResourcesBalancedAllocation",
      "{resources: [{name: cpu, weight: 2}, {name: cpu}]}",
      "resources[0].weight: Invalid value: 2: must be 1",
      'resources[1].name: Duplicate value: "cpu"',
    ],
    [
      "PodTopologySpread",
      "{defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedul, labelSelector: {}}]}",
      'defaultingType: Invalid value: "System": when .defaultConstraints are not empty',
      "defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)",
      'defaultConstraints[0].whenUnsatisfiable: Unsupported value: "DoNotSchedul": supported values: "DoNotSchedule", "ScheduleAnyway"; did you mean "DoNotSchedule"?',
      "defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod",
    ],
    [
      "PodTopologySpread",
      "{defaultingType: List, defaultConstraints: [{maxSkew: 1}, {maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]}",
      "defaultConstraints[0].topologyKey: Required value: can not be empty",
      "defaultConstraints[0].whenUnsatisfiable: Required value: can not be empty",
      'defaultConstraints[2]: Duplicate value: "{z, ScheduleAnyway}"',
    ],
    [
      "InterPodAffinity",
      "{hardPodAffinityWeight: 101, hard: 1}",
      "hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]",
      "hard: unknown field; there are apiVersion, hardPodAffinityWeight, ignorePreferredTermsOfExistingPods, kind",
    ],
    [
      "NodeAffinity",
      "{addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, preference: {}}]}}",
      "addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100",
    ],
    [
      "DefaultPreemption",
      "{minCandidateNodesPercentage: 101, minCandidateNodesAbsolute: -1}",
      "minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]",
      "minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)",
    ],
    [
      "DefaultPreemption",
      "{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}",
      "minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute",
      "minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage",
    ],
    [
      "VolumeBinding",
      "{bindTimeoutSeconds: -1, shape: []}",
      "bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value",
      "shape: Invalid value: []: unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
    ],
    [
      "DynamicResources",
      "{filterTimeout: -1s, bindingTimeout: 5ms}",
      'filterTimeout: Invalid value: "-1s": must be zero or positive',
      'bindingTimeout: Invalid value: "5ms": must be at least 1 second',
    ],
    ["DynamicResources", "{filterTimeout: soon}", 'filterTimeout: time: invalid duration "soon"'],
    ["NodeName", "{a: 1}", "a: unknown field; there are apiVersion, kind"],
  ] as const)
    test(`${plugin} ${args.slice(0, 60)}`, () => deepEqual(argsMistakes(plugin, args), mistakes));
});

test("a mistake in an extender", () => {
  const text = `${head}extenders:
- {urlPrefix: "http://x", prioritizeVerb: rate, bindVerb: b, httpTimeout: soon, verb: v}
- urlPrefix: ftp://y
  bindVerb: b
  managedResources: [{name: example.com/a}, {name: cpu}, {name: a b}]
  tlsConfig: {insecure: true, caFile: ca, keyFile: k}
- urlPrefix:
  managedResources: [{name: example.com/a}]
`;
  deepEqual(mistakesIn(text), [
    's.yaml:3:1: extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
    "s.yaml:4:3: extenders[0].weight: Invalid value: 0: must have a positive weight applied to it",
    's.yaml:4:75: extenders[0].httpTimeout: time: invalid duration "soon"',
    "s.yaml:4:81: extenders[0].verb: unknown field; there are bindVerb, enableHTTPS, filterVerb, httpTimeout, ignorable, managedResources, nodeCacheCapable, preemptVerb, prioritizeVerb, tlsConfig, urlPrefix, weight",
    's.yaml:5:14: extenders[1].urlPrefix: Invalid value: "ftp://y": must be an http or https URL',
    's.yaml:7:52: extenders[1].managedResources[1].name: Invalid value: "cpu": is an invalid extended resource name',
    "s.yaml:7:65: extenders[1].managedResources[2].name: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    "s.yaml:8:3: extenders[1].tlsConfig.certFile: a certificate and its key are needed together",
    "s.yaml:8:25: extenders[1].tlsConfig.insecure: specifying a root certificates file with the insecure flag is not allowed",
    "s.yaml:9:3: extenders[2].urlPrefix: Required value",
    's.yaml:10:29: extenders[2].managedResources[0].name: Invalid value: "example.com/a": duplicate extender managed resource name',
  ]);
});

test("what upstream lets through is let through", () => {
  const text = `${head}
leaderElection: {leaderElect: true, leaseDuration: 15s, renewDeadline: 10s, retryPeriod: 2s}
clientConnection: {qps: 50, burst: 100, kubeconfig: /etc/kubernetes/scheduler.conf}
profiles:
- plugins:
    preScore: {enabled: [{name: NodeAffinity}]}
    score: {disabled: [{name: ImageLocality}, {name: ImageLocality}, {name: GangScheduling}], enabled: [{name: TaintToleration}]}
  pluginConfig:
  - {name: NodeAffinity, args: {addedAffinity: {}}}
  - {name: NodeResourcesFit, args: {scoringStrategy: {type: LeastAllocated, resources: [{name: cpu, weight: 0}]}}}
  - {name: VolumeBinding, args: {bindTimeoutSeconds: 60}}
  - {name: PodTopologySpread, args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway, minDomains: 2, nodeTaintsPolicy: Honor, matchLabelKeys: [pod-template-hash]}]}}
`;
  deepEqual(mistakesIn(text), []);
  // Who is named without a weight weighs one, not as by default.
  equal(parseConfiguration(text).profiles[0]?.choice.weights["TaintToleration"], 1);
  const idle = "leaderElection: {leaderElect: false, leaseDuration: 0s, resourceLock: endpoints}";
  deepEqual(mistakesIn(head + idle), []);
});

test("a module may sort too, but then it must be the only one", async () => {
  const text = `${head}pluginModules: [{name: Own, module: own}]
profiles:
- plugins: {multiPoint: {enabled: [{name: Own}]}}
`;
  const load = () => Promise.resolve({ plugin: { name: "Own", queueSort: () => 0 } });
  await rejects(loadConfiguration(text, load), {
    message:
      'only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 2',
  });
  const alone = text.replace("{multi", "{queueSort: {disabled: [{name: PrioritySort}]}, multi");
  equal((await loadConfiguration(alone, load)).profiles.length, 1);
});
