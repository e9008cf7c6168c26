/** Which Kubernetes this is, for alerts when the parts of a cluster differ. upstream: component-base/version, featuregate */
import { defaultGates, type FeatureStage } from "#api/feature-gates.ts";
import type { Info } from "#api/meta/version.ts";
import type { Metrics } from "#base/metrics.ts";

const stages: Readonly<Record<FeatureStage, string>> = {
  GA: "",
  Beta: "BETA",
  Alpha: "ALPHA",
  Deprecated: "DEPRECATED",
};

export function observeVersion(metrics: Metrics, version: Info, gates = defaultGates): void {
  const build = {
    name: "kubernetes_build_info",
    help: "The version of the program; the value is always 1.",
    labels: [
      "build_date",
      "compiler",
      "git_commit",
      "git_tree_state",
      "git_version",
      "go_version",
      "major",
      "minor",
      "platform",
    ],
  };
  const { buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion } = version;
  const { major, minor, platform } = version;
  const values = [buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion];
  metrics.observed(build, () => [[[...values, major, minor, platform], 1]]);
  const features = {
    name: "kubernetes_feature_enabled",
    help: "Feature gates: 1 when on, 0 when off.",
    labels: ["name", "stage"],
  };
  metrics.observed(features, () =>
    gates.list().map(({ name, stage, isEnabled }) => [[name, stages[stage]], isEnabled ? 1 : 0]),
  );
}
