/** upstream: pkg/controller/resourceclaim/metrics/metrics.go */
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { type Sample, tallied } from "#base/metrics.ts";
import type { Outcome } from "../runtime/effects.ts";
import { type Measure, measure, type Meter } from "../runtime/measures.ts";
import type { Lookups } from "../runtime/view.ts";
import { claimNameAnnotation } from "./consumers.ts";

// exact: kube-controller-manager, names and labels
const creations: Measure = {
  is: "counter",
  name: "resourceclaim_controller_creates_total",
  help: "Claims that were to be made for pods",
  labels: ["status", "admin_access"],
};
const claims: Measure = {
  is: "gauge",
  name: "resourceclaim_controller_resource_claims",
  help: "Claims there are",
  labels: ["allocated", "admin_access", "source"],
};

type Spec = ResourceClaim["spec"];

const isAdmin = ({ devices }: Spec): string =>
  String(devices?.requests?.some(({ exactly }) => exactly?.adminAccess === true) ?? false);

export const countCreation = (spec: Spec, { ok }: Outcome) =>
  measure(creations, [ok ? "success" : "failure", isAdmin(spec)]);

const byStanding = (view: Lookups): Iterable<Sample> =>
  tallied(view.list(ResourceClaim).map(standingOf));

const standingOf = ({ metadata, spec, status }: ResourceClaim): readonly string[] => [
  String(status.allocation !== undefined),
  isAdmin(spec),
  metadata.annotations?.[claimNameAnnotation] === undefined ? "" : "resource_claim_template",
];

export const claimMeter: Meter = {
  measures: [creations, claims],
  gauges: new Map([[claims, byStanding]]),
};
