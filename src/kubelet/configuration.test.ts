import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { minutes } from "#base/clock.ts";
import { ConfigurationError } from "#base/configuration.ts";
import { parseKubelet } from "./configuration.ts";
import type { Amount } from "./eviction/thresholds.ts";

const file = (...lines: readonly string[]): string =>
  ["apiVersion: kubelet.config.k8s.io/v1beta1", "kind: KubeletConfiguration", ...lines].join("\n");

const textOf = (amount: Amount): string =>
  "quantity" in amount ? amount.quantity.format() : `${Math.round(amount.share * 100)}%`;

const thresholdsIn = (...lines: readonly string[]): readonly string[] =>
  parseKubelet(file(...lines)).eviction.thresholds.map(({ signal, amount, graceMs, reclaim }) =>
    [
      `${signal}<${textOf(amount)}`,
      ...(graceMs > 0 ? [`for ${graceMs} ms`] : []),
      ...(reclaim ? [`and ${textOf(reclaim)}`] : []),
    ].join(" "),
  );

const defaults = [
  "memory.available<100Mi",
  "nodefs.available<10%",
  "nodefs.inodesFree<5%",
  "imagefs.available<15%",
  "imagefs.inodesFree<5%",
];

test("a file that says nothing leaves upstream's defaults", () => {
  deepEqual(thresholdsIn(), defaults);
  const { eviction, imageCollection, podsMax, leaseSeconds } = parseKubelet(file());
  deepEqual(
    [eviction.transitionMs, eviction.graceSecondsMax, imageCollection, podsMax, leaseSeconds],
    [minutes(5), 0, { highPercent: 85, lowPercent: 80 }, undefined, 40],
  );
});

test("who names one hard threshold has named them all, unless the defaults are merged in", () => {
  const one = ["evictionHard:", "  memory.available: 2%"];
  deepEqual(thresholdsIn(...one), ["memory.available<2%"]);
  deepEqual(thresholdsIn("mergeDefaultEvictionSettings: true", ...one), [
    "memory.available<2%",
    ...defaults.slice(1),
  ]);
});

test("a threshold of nothing, or of everything, is none", () => {
  deepEqual(
    thresholdsIn(
      "evictionHard: { nodefs.available: 0%, imagefs.available: 100%, pid.available: 1k }",
    ),
    ["pid.available<1k"],
  );
});

test("soft thresholds have their grace, and both sorts the minimum that is to be reclaimed", () => {
  deepEqual(
    thresholdsIn(
      "evictionHard: { memory.available: 100Mi }",
      "evictionSoft: { memory.available: 1Gi }",
      "evictionSoftGracePeriod: { memory.available: 1m30s }",
      "evictionMinimumReclaim: { memory.available: 50Mi, nodefs.available: 0Mi }",
    ),
    ["memory.available<100Mi and 50Mi", "memory.available<1Gi for 90000 ms and 50Mi"],
  );
});

test("names of what containers write are taken, and do not matter, as upstream has it", () => {
  deepEqual(thresholdsIn("evictionHard: { containerfs.available: 1Gi, memory.available: 1Gi }"), [
    "memory.available<1Gi",
  ]);
});

test("the rest of what a file can say", () => {
  const { eviction, imageCollection, podsMax } = parseKubelet(
    file(
      "evictionPressureTransitionPeriod: 30s",
      "evictionMaxPodGracePeriod: 20",
      "imageGCHighThresholdPercent: 95",
      "imageGCLowThresholdPercent: 90",
      "maxPods: 250",
    ),
  );
  deepEqual(
    [eviction.transitionMs, eviction.graceSecondsMax, imageCollection, podsMax],
    [30_000, 20, { highPercent: 95, lowPercent: 90 }, 250],
  );
});

for (const [line, problem] of [
  [
    "evictionHard: { memory.availabel: 1Gi }",
    'evictionHard.memory.availabel: unknown field; did you mean "memory.available"?',
  ],
  [
    "evictionHard: { memory.available: lots }",
    'evictionHard.memory.available: Invalid value: "lots": must be a quantity such as "100Mi", or a percentage such as "10%"',
  ],
  [
    "evictionHard: { nodefs.available: 101% }",
    'evictionHard.nodefs.available: Invalid value: "101%": must be <= 100%',
  ],
  [
    "evictionHard: { nodefs.available: -1Gi }",
    'evictionHard.nodefs.available: Invalid value: "-1Gi": must be positive',
  ],
  [
    "evictionSoft: { memory.available: 1Gi }",
    "evictionSoftGracePeriod: grace period must be specified for the soft eviction threshold memory.available",
  ],
  [
    "evictionSoftGracePeriod: { memory.available: soon }",
    'evictionSoftGracePeriod.memory.available: Invalid value: "soon": must be a duration such as "5m" or "1m30s"',
  ],
  [
    "evictionPressureTransitionPeriod: -5m",
    'evictionPressureTransitionPeriod: Invalid value: "-5m": must not be negative',
  ],
  [
    "evictionMaxPodGracePeriod: -1",
    "evictionMaxPodGracePeriod: Invalid value: -1: must be at least 0",
  ],
  [
    "imageGCHighThresholdPercent: 101",
    "imageGCHighThresholdPercent: Invalid value: 101: must be between 0 and 100",
  ],
  [
    "imageGCLowThresholdPercent: 85",
    "imageGCLowThresholdPercent: Invalid value: 85: must be less than imageGCHighThresholdPercent 85",
  ],
  ["maxPods: 0", "maxPods: Invalid value: 0: must be at least 1"],
  ["evictionhard: {}", 'evictionhard: unknown field; did you mean "evictionHard"?'],
] as const) {
  test(`refused: ${line}`, () => {
    throws(
      () => parseKubelet(file(line)),
      (error) => {
        deepEqual((error as ConfigurationError).problems, [problem]);
        return error instanceof ConfigurationError;
      },
    );
  });
}
