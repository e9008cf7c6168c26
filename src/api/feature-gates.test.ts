import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { defaultGates, FeatureGates, isEnabled, parseFeatureGates } from "./feature-gates.ts";

test("gates stand as in 1.36", () => {
  equal(isEnabled("SidecarContainers"), true);
  equal(isEnabled("GenericWorkload"), false);
  equal(isEnabled("CSIStorageCapacity"), true, "gone from 1.36: on for good");
  equal(isEnabled("PodCertificateProjection"), false, "guarded by PodCertificateRequest");
  equal(defaultGates.list().length, 230);
});

test("a cluster may switch some of them", () => {
  const gates = parseFeatureGates(
    "GenericWorkload=true, GangScheduling=True,SidecarContainers=true",
  );
  equal(gates.isEnabled("GangScheduling"), true);
  equal(gates.isEnabled("HPAScaleToZero"), false);
  equal(gates.list().find(({ name }) => name === "GenericWorkload")?.isEnabled, true);
  equal(isEnabled("GangScheduling"), false, "in this cluster only");
  equal(parseFeatureGates("ComponentFlagz=false").isEnabled("ComponentFlagz"), false);
  equal(gates.text(), "GenericWorkload=true,GangScheduling=true,SidecarContainers=true");
  equal(parseFeatureGates("").isEnabled("GenericWorkload"), false);
});

test("says what is wrong with the settings", () => {
  const cases: readonly [text: string, problem: string][] = [
    [
      "GangSheduling=true",
      'unrecognized feature gate: GangSheduling; did you mean "GangScheduling"?',
    ],
    ["AllAlpha=true", "unrecognized feature gate: AllAlpha"],
    ["GenericWorkload", '"GenericWorkload" is not of the form Gate=true|false'],
    ["GenericWorkload=yes", '"GenericWorkload=yes" is not of the form Gate=true|false'],
    [
      "SidecarContainers=false",
      "the feature gate SidecarContainers is on and cannot be switched: ComponentFlagz, ComponentStatusz, GenericWorkload, GangScheduling can",
    ],
    [
      "HPAScaleToZero=true",
      "the feature gate HPAScaleToZero is off and cannot be switched: ComponentFlagz, ComponentStatusz, GenericWorkload, GangScheduling can",
    ],
    [
      "GangScheduling=true",
      "GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]: set GenericWorkload=true as well",
    ],
  ];
  for (const [text, message] of cases) throws(() => parseFeatureGates(text), { message });
  throws(() => new FeatureGates({ Gang: true }), /^RangeError: unrecognized feature gate: Gang/);
});
