/**
 * How fast a HorizontalPodAutoscaler may scale up and down.
 * upstream: pkg/apis/autoscaling/v2/defaults.go, validation.go#validateScalingRules
 */
import { parseQuantity } from "#base/quantity.ts";
import { equal } from "#schema/copy.ts";
import { child, type FieldError, invalid, notSupported, required } from "#schema/field-error.ts";
import { s, type Draft, type ValueOf } from "#schema/struct.ts";

const periodSecondsMax = 1800;
const stabilizationSecondsMax = 3600;
const policyTypes = ["Percent", "Pods"];
const selectPolicies = ["Disabled", "Max", "Min"];

export const HPAScalingPolicy = s.struct(
  "autoscaling/v2.HPAScalingPolicy",
  {
    type: s.string(1, { required: true, doc: "Pods or Percent." }),
    value: s.int32(2, { required: true, doc: "How many pods, or how many percent of them." }),
    periodSeconds: s.int32(3, { required: true, doc: "Within how many seconds." }),
  },
  {
    *validate({ type, value, periodSeconds }, at) {
      if (!policyTypes.includes(type)) yield notSupported(child(at, "type"), type, policyTypes);
      if (value <= 0) yield invalid(child(at, "value"), value, "must be greater than zero");
      const periodPath = child(at, "periodSeconds");
      if (periodSeconds <= 0) {
        yield invalid(periodPath, periodSeconds, "must be greater than zero");
      }
      if (periodSeconds > periodSecondsMax) {
        yield invalid(
          periodPath,
          periodSeconds,
          `must be less than or equal to ${periodSecondsMax}`,
        );
      }
    },
  },
);

export interface HPAScalingPolicy extends ValueOf<typeof HPAScalingPolicy> {}

export const HPAScalingRules = s.struct(
  "autoscaling/v2.HPAScalingRules",
  {
    stabilizationWindowSeconds: s.int32(3, {
      optional: true,
      doc: "Past recommendations of this many seconds are considered, so that scaling does not flutter.",
    }),
    selectPolicy: s.string(1, { optional: true, doc: "Max, Min or Disabled." }),
    policies: s.list(2, HPAScalingPolicy, { listType: "atomic" }),
    tolerance: s.quantity(4, {
      optional: true,
      gate: "HPAConfigurableTolerance",
      doc: "By what share a metric may miss its target without anything being done.",
    }),
  },
  {
    *validate({ stabilizationWindowSeconds, selectPolicy, policies = [], tolerance }, at) {
      yield* validWindow(child(at, "stabilizationWindowSeconds"), stabilizationWindowSeconds);
      if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
        yield notSupported(child(at, "selectPolicy"), selectPolicy, selectPolicies);
      }
      if (policies.length === 0) {
        yield required(child(at, "policies"), "must specify at least one Policy");
      }
      if (tolerance !== undefined && (parseQuantity(tolerance)?.sign() ?? 0) < 0) {
        yield invalid(child(at, "tolerance"), tolerance, "must be greater than or equal to 0");
      }
    },
  },
);

export interface HPAScalingRules extends ValueOf<typeof HPAScalingRules> {}

function* validWindow(path: string, seconds: number | undefined): Iterable<FieldError> {
  if (seconds === undefined) return;
  if (seconds < 0) yield invalid(path, seconds, "must be greater than or equal to zero");
  if (seconds > stabilizationSecondsMax) {
    yield invalid(path, seconds, `must be less than or equal to ${stabilizationSecondsMax}`);
  }
}

export const HorizontalPodAutoscalerBehavior = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerBehavior",
  {
    scaleUp: s.object(1, HPAScalingRules, { optional: true }),
    scaleDown: s.object(2, HPAScalingRules, { optional: true }),
  },
  {
    defaults(draft) {
      const scaleUp = withDefaults(draft.scaleUp, {
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [
          { type: "Pods", value: 4, periodSeconds: 15 },
          { type: "Percent", value: 100, periodSeconds: 15 },
        ],
      });
      const scaleDown = withDefaults(draft.scaleDown, {
        selectPolicy: "Max",
        policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      });
      if (!equal(scaleUp, draft.scaleUp)) draft.scaleUp = scaleUp;
      if (!equal(scaleDown, draft.scaleDown)) draft.scaleDown = scaleDown;
    },
  },
);

export interface HorizontalPodAutoscalerBehavior extends ValueOf<
  typeof HorizontalPodAutoscalerBehavior
> {}

/** Fills in field by field; the order is the struct's. */
function withDefaults(
  rules: Draft<HPAScalingRules> | undefined,
  defaults: Draft<HPAScalingRules>,
): Draft<HPAScalingRules> {
  const window = rules?.stabilizationWindowSeconds ?? defaults.stabilizationWindowSeconds;
  const policies = rules?.policies ?? defaults.policies;
  return {
    ...(window === undefined ? {} : { stabilizationWindowSeconds: window }),
    selectPolicy: rules?.selectPolicy ?? defaults.selectPolicy,
    ...(policies ? { policies } : {}),
    ...(rules?.tolerance === undefined ? {} : { tolerance: rules.tolerance }),
  };
}
