import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { type Cases, podWith } from "./testing.ts";

function refuses(cases: Cases): void {
  for (const [spec, ...problems] of cases) {
    const found = problemsOf(Pod, podWith(spec));
    deepEqual(
      found.map((problem) => problem.replace(/^spec\./, "")),
      problems,
    );
  }
}

const nodeTerms = (...nodeSelectorTerms: object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  },
});
const terms =
  "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

test("node affinity has terms that nodes can match", () => {
  const expression = (matchExpression: object) =>
    nodeTerms({ matchExpressions: [matchExpression] });
  const at = `${terms}[0].matchExpressions[0]`;
  refuses([
    [nodeTerms({})],
    [expression({ key: "disk", operator: "In", values: ["ssd"] })],
    [expression({ key: "cpus", operator: "Gt", values: ["4"] })],
    [nodeTerms(), `${terms}: Required value: must have at least one node selector term`],
    [
      expression({ key: "disk", operator: "In" }),
      `${at}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
    [
      expression({ key: "disk", operator: "Exists", values: ["a"] }),
      `${at}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
    [
      expression({ key: "disk", operator: "Gt", values: ["1", "2"] }),
      `${at}.values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`,
    ],
    [
      nodeTerms({ matchFields: [{ key: "spec.x", operator: "Exists" }] }),
      `${terms}[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator`,
      `${terms}[0].matchFields[0].key: Invalid value: "spec.x": not a valid field selector key`,
    ],
  ]);
});

test("preferences have weights", () => {
  const preference = { matchExpressions: [{ key: "a", operator: "Exists" }] };
  const preferred = [{ weight: 101, preference }];
  const at = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]";
  refuses([
    [
      {
        affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
      },
      `${at}.weight: Invalid value: 101: must be in the range 1-100`,
    ],
  ]);
});

test("pod affinity names a topology and pods", () => {
  const term = (change: object) => ({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [change] } },
  });
  const at = "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]";
  const labelSelector = { matchLabels: { app: "web" } };
  refuses([
    [term({ topologyKey: "kubernetes.io/hostname", labelSelector })],
    [
      term({ labelSelector }),
      `${at}.topologyKey: Required value: can not be empty`,
      `${at}.topologyKey: Invalid value: "": name part must be non-empty`,
      `${at}.topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
    [
      term({ topologyKey: "a", matchLabelKeys: ["b"] }),
      `${at}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
    [
      term({
        topologyKey: "a",
        labelSelector: { matchExpressions: [{ key: "b", operator: "In" }] },
      }),
      `${at}.labelSelector.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
  ]);
});

test("tolerations say what they tolerate", () => {
  const tolerate = (toleration: object) => ({ tolerations: [toleration] });
  refuses([
    [tolerate({ operator: "Exists" })],
    [tolerate({ key: "a", effect: "NoExecute", tolerationSeconds: 5 })],
    [
      tolerate({ value: "a" }),
      'tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      tolerate({ key: "a", operator: "Exists", value: "b" }),
      "tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
    ],
    [
      tolerate({ key: "a", tolerationSeconds: 1, effect: "NoSchedule" }),
      "tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
    ],
    [
      tolerate({ key: "a", effect: "Never" }),
      'tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ]);
});

test("spreading is over a topology, each way once", () => {
  const zone = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" };
  const spread = (...topologySpreadConstraints: object[]) => ({ topologySpreadConstraints });
  const at = "topologySpreadConstraints[0]";
  refuses([
    [spread(zone, { ...zone, whenUnsatisfiable: "ScheduleAnyway" })],
    [
      spread(zone, zone),
      `${at}.{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"`,
    ],
    [
      spread({ whenUnsatisfiable: "Perhaps" }),
      `${at}.maxSkew: Invalid value: 0: must be greater than zero`,
      `${at}.topologyKey: Required value: can not be empty`,
      `${at}.whenUnsatisfiable: Unsupported value: "Perhaps": supported values: "DoNotSchedule", "ScheduleAnyway"`,
    ],
    [
      spread({ maxSkew: 1, topologyKey: "zone" }),
      `${at}.whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"`,
    ],
    [
      spread({ ...zone, minDomains: 0, whenUnsatisfiable: "ScheduleAnyway" }),
      `${at}.minDomains: Invalid value: 0: must be greater than zero`,
      `${at}.minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`,
    ],
    [
      spread({ ...zone, matchLabelKeys: ["a"] }),
      `${at}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
  ]);
});

test("keys of the pod's labels become part of its selectors", () => {
  const labelSelector = { matchLabels: { app: "web" } };
  const zone = {
    maxSkew: 1,
    topologyKey: "zone",
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector,
  };
  const term = { topologyKey: "zone", labelSelector, matchLabelKeys: ["hash"] };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const topologySpreadConstraints = [{ ...zone, matchLabelKeys: ["hash"] }];
  const manifest = podWith({ affinity, topologySpreadConstraints });
  const labels = { app: "web", hash: "1" };
  deepEqual(problemsOf(Pod, { ...manifest, metadata: { ...manifest.metadata, labels } }), []);
  const twice = { ...zone, matchLabelKeys: ["app"] };
  deepEqual(problemsOf(Pod, podWith({ topologySpreadConstraints: [twice] }, { labels })), [
    'spec.topologySpreadConstraints[0][0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector',
  ]);
});
