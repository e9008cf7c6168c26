import {
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
} from "#api/autoscaling/horizontalpodautoscaler.ts";
import { Pod } from "#api/core/pod.ts";
import { formatTime, seconds } from "#base/clock.ts";
import { Findings } from "./podautoscaler/findings.ts";
import { Memory } from "./podautoscaler/memory.ts";
import { type Action, actionFrom, autoscalerMeter, countLook } from "./podautoscaler/metrics.ts";
import { afterScaling, weigh } from "./podautoscaler/past.ts";
import { recommend } from "./podautoscaler/recommendation.ts";
import { rescale, type Target, targetOf } from "./podautoscaler/targets.ts";
import { defineController, eventsRule, keyOf, type View } from "./runtime/controller.ts";
import { type Effect, setStatus, wakeIn } from "./runtime/effects.ts";
import { inSteps, type Steps } from "./runtime/steps.ts";

/** --horizontal-pod-autoscaler-sync-period */
const syncMs = seconds(15);

/**
 * Changes the replicas of whatever can be scaled, so that its metrics stay near their targets.
 * upstream: pkg/controller/podautoscaler/horizontal.go
 */
export const horizontalPodAutoscalerController = (memory = new Memory()) =>
  defineController({
    name: "horizontal-pod-autoscaler-controller",
    identity: "horizontal-pod-autoscaler",
    eventSource: "horizontal-pod-autoscaler",
    queue: "horizontalpodautoscaler",
    for: HorizontalPodAutoscaler,
    reads: [Pod],
    meter: autoscalerMeter,
    pauseMs: syncMs,
    rules: [
      {
        verbs: ["get", "list", "watch"],
        apiGroups: ["autoscaling"],
        resources: ["horizontalpodautoscalers"],
      },
      {
        verbs: ["update"],
        apiGroups: ["autoscaling"],
        resources: ["horizontalpodautoscalers/status"],
      },
      { verbs: ["get", "update"], apiGroups: ["*"], resources: ["*/scale"] },
      { verbs: ["list"], apiGroups: [""], resources: ["pods"] },
      { verbs: ["list"], apiGroups: ["metrics.k8s.io"], resources: ["pods"] },
      { verbs: ["get", "list"], apiGroups: ["custom.metrics.k8s.io"], resources: ["*"] },
      { verbs: ["get", "list"], apiGroups: ["external.metrics.k8s.io"], resources: ["*"] },
      eventsRule,
    ],
    reconcile: (hpa, view) => [wakeIn(syncMs), ...inSteps(new Look(hpa, view, memory).steps())],
    gone: (key) => {
      memory.forget(key);
      return [];
    },
  });

type Status = Partial<HorizontalPodAutoscalerStatus>;

class Look {
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #view: View;
  readonly #memory: Memory;
  readonly #findings: Findings;
  #action: Action = "none";

  constructor(hpa: HorizontalPodAutoscaler, view: View, memory: Memory) {
    this.#hpa = hpa;
    this.#view = view;
    this.#memory = memory;
    this.#findings = new Findings(hpa, view.now);
  }

  *steps(): Steps<readonly Effect[]> {
    const target = yield* this.#target();
    return target ? yield* this.#scaled(target) : this.#done({});
  }

  *#target(): Steps<Target | undefined> {
    const { metadata, spec } = this.#hpa;
    try {
      const target = yield* targetOf(spec.scaleTargetRef, metadata.namespace ?? "");
      this.#findings.set("AbleToScale", true, {
        reason: "SucceededGetScale",
        message: "the HPA controller was able to get the target's current scale",
      });
      return target;
    } catch (cause) {
      const { message } = cause as Error;
      this.#findings.tell("Warning", { reason: "FailedGetScale", message });
      this.#findings.set("AbleToScale", false, {
        reason: "FailedGetScale",
        message: `the HPA controller was unable to get the target's current scale: ${message}`,
      });
      return undefined;
    }
  }

  *#scaled(target: Target): Steps<readonly Effect[]> {
    const current = target.scale.spec.replicas ?? 0;
    const { minReplicas = 1, maxReplicas } = this.#hpa.spec;
    this.#memory.past(keyOf(this.#hpa), current, this.#view.now);
    if (current === 0 && minReplicas !== 0) {
      this.#findings.set("ScalingActive", false, {
        reason: "ScalingDisabled",
        message: "scaling is disabled since the replica count of the target is zero",
      });
      return this.#done({ currentReplicas: 0, desiredReplicas: 0, currentMetrics: [] });
    }
    if (current > maxReplicas) {
      const why = "Current number of replicas above Spec.MaxReplicas";
      return yield* this.#rescale(target, maxReplicas, { why, status: { currentMetrics: [] } });
    }
    if (current < minReplicas) {
      const why = "Current number of replicas below Spec.MinReplicas";
      return yield* this.#rescale(target, minReplicas, { why, status: { currentMetrics: [] } });
    }
    return yield* this.#measured(target, current);
  }

  *#measured(target: Target, current: number): Steps<readonly Effect[]> {
    const { spec, metadata } = this.#hpa;
    const asked = { hpa: this.#hpa, view: this.#view, memory: this.#memory };
    const found = yield* recommend(target.scale, asked, this.#findings);
    const status = { currentReplicas: current, currentMetrics: found.statuses };
    if (found.replicas === undefined) return this.#done(status);
    const circumstances = {
      bounds: { min: spec.minReplicas ?? 1, max: spec.maxReplicas, current },
      past: this.#memory.past(keyOf({ metadata }), current, this.#view.now),
      behavior: spec.behavior,
      now: this.#view.now,
    };
    const { stabilized, limited, past } = weigh(found.replicas, circumstances);
    this.#memory.keep(keyOf({ metadata }), past);
    this.#findings.set("AbleToScale", true, stabilized);
    this.#findings.set("ScalingLimited", limited.replicas !== stabilized.replicas, limited);
    const { replicas } = limited;
    if (replicas === current) return this.#done({ ...status, desiredReplicas: current });
    const why =
      found.replicas > current ? `${found.metric} above target` : "All metrics below target";
    const reason = found.replicas === current ? "" : why;
    return yield* this.#rescale(target, replicas, { why: reason, status });
  }

  *#rescale(
    target: Target,
    replicas: number,
    { why, status }: { why: string; status: Status },
  ): Steps<readonly Effect[]> {
    const currentReplicas = target.scale.spec.replicas ?? 0;
    const size = `New size: ${replicas}; reason: ${why}`;
    try {
      yield* rescale(target, replicas);
    } catch (cause) {
      const { message } = cause as Error;
      this.#findings.tell("Warning", {
        reason: "FailedRescale",
        message: `${size}; error: ${message}`,
      });
      this.#findings.set("AbleToScale", false, {
        reason: "FailedUpdateScale",
        message: `the HPA controller was unable to update the target scale: ${message}`,
      });
      return this.#done({ currentReplicas });
    }
    this.#remember(currentReplicas, replicas);
    this.#action = actionFrom(currentReplicas, replicas);
    this.#findings.set("AbleToScale", true, {
      reason: "SucceededRescale",
      message: `the HPA controller was able to update the target scale to ${replicas}`,
    });
    this.#findings.tell("Normal", { reason: "SuccessfulRescale", message: size });
    const lastScaleTime = formatTime(this.#view.now);
    return this.#done({ ...status, currentReplicas, desiredReplicas: replicas, lastScaleTime });
  }

  /** Rules say how much may change in a while, whatever it was for. */
  #remember(before: number, after: number): void {
    const key = keyOf(this.#hpa);
    const { now } = this.#view;
    const { behavior } = this.#hpa.spec;
    const past = this.#memory.past(key, before, now);
    this.#memory.keep(key, afterScaling(past, after - before, { behavior, now }));
  }

  #done(changes: Status): readonly Effect[] {
    const { conditions, events, trouble } = this.#findings;
    const { status, metadata } = this.#hpa;
    const observed = { observedGeneration: metadata.generation };
    return [
      ...countLook(this.#action, trouble),
      ...events,
      setStatus(HorizontalPodAutoscaler, this.#hpa, {
        ...status,
        ...observed,
        ...changes,
        conditions,
      }),
    ];
  }
}
