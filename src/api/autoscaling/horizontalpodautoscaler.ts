import { ageColumn, nameColumn } from "#api/columns.ts";
import { isEnabled } from "#api/feature-gates.ts";
import { nonNegativeFields } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { draftOf } from "#schema/copy.ts";
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  required,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { autoscalingV1 } from "./horizontalpodautoscaler-v1.ts";
import {
  CrossVersionObjectReference,
  defaultMetrics,
  MetricSpec,
  MetricStatus,
  targetsText,
} from "./metrics.ts";
import { HorizontalPodAutoscalerBehavior } from "./scaling-behavior.ts";

export const HorizontalPodAutoscalerCondition = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerCondition",
  {
    type: s.string(1, { required: true }),
    status: s.string(2, { required: true }),
    lastTransitionTime: s.time(3),
    reason: s.string(4),
    message: s.string(5),
  },
);

export interface HorizontalPodAutoscalerCondition extends ValueOf<
  typeof HorizontalPodAutoscalerCondition
> {}

/** upstream: pkg/apis/autoscaling/validation/validation.go#validateHorizontalPodAutoscalerSpec */
export const HorizontalPodAutoscalerSpec = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: s.object(1, CrossVersionObjectReference, {
      required: true,
      doc: "What is scaled: anything with a `scale` subresource.",
    }),
    minReplicas: s.int32(2, { optional: true, doc: "Never fewer replicas than this." }),
    maxReplicas: s.int32(3, { required: true, doc: "Never more replicas than this." }),
    metrics: s.list(4, MetricSpec, {
      listType: "atomic",
      doc: "What to look at; the metric that asks for the most replicas decides.",
    }),
    behavior: s.object(5, HorizontalPodAutoscalerBehavior, { optional: true }),
  },
  {
    defaults(draft) {
      draft.minReplicas ??= 1;
      const hasMetrics = draft.metrics !== undefined && draft.metrics.length > 0;
      if (!hasMetrics) draft.metrics = draftOf([...defaultMetrics]);
    },
    validate: validSpec,
  },
);

export interface HorizontalPodAutoscalerSpec extends ValueOf<typeof HorizontalPodAutoscalerSpec> {}

interface Bounds {
  readonly minReplicas?: number | undefined;
  readonly maxReplicas: number;
  readonly metrics?: readonly MetricSpec[] | undefined;
}

function* validSpec(
  { minReplicas, maxReplicas, metrics = [] }: Bounds,
  at: string,
): Iterable<FieldError> {
  const lowest = isEnabled("HPAScaleToZero") ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < lowest) {
    yield invalid(
      child(at, "minReplicas"),
      minReplicas,
      `must be greater than or equal to ${lowest}`,
    );
  }
  const maxPath = child(at, "maxReplicas");
  if (maxReplicas === 0) yield required(maxPath, "must be set and greater than 0");
  if (maxReplicas < 0) yield invalid(maxPath, maxReplicas, "must be greater than or equal to 1");
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    yield invalid(maxPath, maxReplicas, "must be greater than or equal to `minReplicas`");
  }
  const isWokenByOthers = metrics.some(({ type }) => type === "Object" || type === "External");
  if (minReplicas === 0 && !isWokenByOthers) {
    yield forbidden(
      child(at, "metrics"),
      "must specify at least one Object or External metric to support scaling to zero replicas",
    );
  }
}

export const HorizontalPodAutoscalerStatus = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: s.int64(1, { optional: true }),
    lastScaleTime: s.time(2, { optional: true }),
    currentReplicas: s.int32(3),
    desiredReplicas: s.int32(4, { required: true }),
    currentMetrics: s.list(5, MetricStatus, { always: true, listType: "atomic" }),
    conditions: s.list(6, HorizontalPodAutoscalerCondition, {
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  },
);

export interface HorizontalPodAutoscalerStatus extends ValueOf<
  typeof HorizontalPodAutoscalerStatus
> {}

export const HorizontalPodAutoscaler = defineKind({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Changes the replicas of a workload so that its metrics stay near their targets.",
  storage: { prefix: "/registry/horizontalpodautoscalers", hash: "qwQve8ut294=" },
  schema: s.struct("autoscaling/v2.HorizontalPodAutoscaler", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, HorizontalPodAutoscalerSpec, { required: true }),
    status: s.object(3, HorizontalPodAutoscalerStatus),
  }),
  alsoServed: [autoscalingV1],

  *validateCreate({ spec }) {
    yield* wrongTarget(spec);
    yield* wrongDescribed(spec);
  },
  /** What was wrong before may stay so. */
  *validateUpdate({ spec }, { spec: old }) {
    if (wrongTarget(old).length === 0) yield* wrongTarget(spec);
    if (wrongDescribed(old).length === 0) yield* wrongDescribed(spec);
  },

  status: {
    validate: ({ status }) =>
      nonNegativeFields("status", status, ["currentReplicas", "desiredReplicas"]),
  },

  columns: [
    nameColumn,
    {
      name: "Reference",
      type: "string",
      cell: ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
    },
    {
      name: "Targets",
      type: "string",
      cell: ({ spec, status }) => targetsText(spec.metrics, status.currentMetrics),
    },
    {
      name: "MinPods",
      type: "string",
      cell: ({ spec }) => String(spec.minReplicas ?? "<unset>"),
    },
    { name: "MaxPods", type: "string", cell: ({ spec }) => spec.maxReplicas },
    { name: "Replicas", type: "string", cell: ({ status }) => status.currentReplicas ?? 0 },
    ageColumn,
  ],
});

export interface HorizontalPodAutoscaler extends ObjectOf<typeof HorizontalPodAutoscaler> {}

/** Of all that is scaled, only these belong to the group without a name. */
const scaledInCore: ReadonlySet<string> = new Set(["ReplicationController"]);

const wrongTarget = ({
  scaleTargetRef: target,
}: HorizontalPodAutoscalerSpec): readonly FieldError[] =>
  wrongVersion(target, "spec.scaleTargetRef", scaledInCore.has(target.kind));

const wrongDescribed = ({ metrics = [] }: HorizontalPodAutoscalerSpec): readonly FieldError[] =>
  metrics.flatMap(({ object }, i) =>
    object
      ? wrongVersion(
          object.describedObject,
          `${index("spec.metrics", i)}.object.describedObject`,
          true,
        )
      : [],
  );

/** upstream: pkg/apis/autoscaling/validation/validation.go#ValidateAPIVersion */
function wrongVersion(
  { apiVersion = "" }: CrossVersionObjectReference,
  at: string,
  isCoreAllowed: boolean,
): readonly FieldError[] {
  const slashes = apiVersion.split("/").length - 1;
  const isOfGroup = slashes === 1 && !apiVersion.startsWith("/");
  if (slashes <= 1 && (isOfGroup || isCoreAllowed)) return [];
  const why =
    slashes > 1
      ? `unexpected GroupVersion string: ${apiVersion}`
      : "apiVersion must specify API group";
  return [invalid(child(at, "apiVersion"), apiVersion, why)];
}
