/**
 * The spread constraints of pods without any: PodTopologySpread's `defaultConstraints`.
 * upstream: validation_pluginargs.go#ValidatePodTopologySpreadArgs
 */
import type { TopologySpreadConstraint } from "#api/core/affinity.ts";
import { labelKey } from "#api/names.ts";
import type { Section } from "#base/configuration.ts";
import type { SpreadDefaults } from "../plugins/spread-constraints.ts";

/** exact: kube-scheduler, every text */
export function constraintsIn(args: Section): SpreadDefaults {
  const type = args.any("defaultingType")
    ? args.oneOf("defaultingType", ["System", "List"])
    : "System";
  const sections = args.sections("defaultConstraints");
  const constraints = sections.map(constraintIn);
  if (type === "System" && constraints.length > 0)
    args.invalid("defaultingType", "when .defaultConstraints are not empty", type);
  const seen = new Set<string>();
  for (const [i, { topologyKey, whenUnsatisfiable }] of constraints.entries()) {
    const both = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(both)) args.duplicate(`defaultConstraints[${i}]`, both);
    seen.add(both);
  }
  return type === "List" ? { constraints } : {};
}

function constraintIn(section: Section): TopologySpreadConstraint {
  const maxSkew = section.integer("maxSkew") ?? 0;
  if (maxSkew <= 0) section.invalid("maxSkew", "not in valid range (0, inf)", maxSkew);
  const topologyKey = section.text("topologyKey") ?? "";
  if (topologyKey === "") section.required("topologyKey", "can not be empty");
  else for (const problem of labelKey(topologyKey)) section.invalid("topologyKey", problem);
  if (section.any("labelSelector") !== undefined)
    section.forbidden(
      "labelSelector",
      "constraint must not define a selector, as they deduced for each pod",
    );
  // Allowed, and without effect, as upstream: the selector is that of the pod's workload alone.
  section.texts("matchLabelKeys");
  return { maxSkew, topologyKey, whenUnsatisfiable: actionIn(section), ...countingIn(section) };
}

function actionIn(section: Section): TopologySpreadConstraint["whenUnsatisfiable"] {
  const name = "whenUnsatisfiable";
  if (section.any(name))
    return section.oneOf(name, ["DoNotSchedule", "ScheduleAnyway"]) ?? "ScheduleAnyway";
  section.required(name, "can not be empty");
  return "ScheduleAnyway";
}

/** Which nodes and domains are counted. */
function countingIn(section: Section): Partial<TopologySpreadConstraint> {
  const policy = (name: "nodeAffinityPolicy" | "nodeTaintsPolicy") =>
    section.has(name) ? section.oneOf(name, ["Honor", "Ignore"]) : undefined;
  const minDomains = section.integer("minDomains");
  const nodeAffinityPolicy = policy("nodeAffinityPolicy");
  const nodeTaintsPolicy = policy("nodeTaintsPolicy");
  return {
    ...(minDomains ? { minDomains } : {}),
    ...(nodeAffinityPolicy ? { nodeAffinityPolicy } : {}),
    ...(nodeTaintsPolicy ? { nodeTaintsPolicy } : {}),
  };
}
