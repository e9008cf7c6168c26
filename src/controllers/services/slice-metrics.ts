/**
 * What is counted of endpoint slices. What is desired is read off the slices themselves: once a
 * service is settled they hold just that.
 * upstream: pkg/controller/endpointslice/../../staging/src/k8s.io/endpointslice/metrics/metrics.go
 */
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { exponentialBuckets, type Sample, tallied } from "#base/metrics.ts";
import type { Effect } from "../runtime/effects.ts";
import {
  type Measure,
  measure,
  measured,
  type Measurement,
  type Meter,
} from "../runtime/measures.ts";
import type { Lookups } from "../runtime/view.ts";
import { hasSelector } from "./backends.ts";
import { endpointsMax, type SliceContent } from "./packing.ts";
import { managedByLabel, serviceNameLabel } from "./slice-writes.ts";
import { asksForZoneShares } from "./zone-shares.ts";

export const managedBy = "endpointslice-controller.k8s.io";

// exact: kube-controller-manager, all names
const gauge = (name: string, help: string, labels: readonly string[] = []): Measure => ({
  is: "gauge",
  name: `endpoint_slice_controller_${name}`,
  help,
  labels,
});

const perSync = (name: string, help: string): Measure => ({
  is: "histogram",
  name: `endpoint_slice_controller_${name}`,
  help,
  labels: [],
  buckets: exponentialBuckets(2, 2, 15),
});

const counter = (name: string, help: string, label: string): Measure => ({
  is: "counter",
  name: `endpoint_slice_controller_${name}`,
  help,
  labels: [label],
});

const syncs = counter("syncs", "Looks at services", "result");
const changes = counter("changes", "Slices that were written", "operation");
const changed: Measure = {
  is: "histogram",
  name: "endpoint_slice_controller_endpointslices_changed_per_sync",
  help: "Slices that a look wrote",
  labels: ["topology", "traffic_distribution"],
};
const added = perSync("endpoints_added_per_sync", "Endpoints that a look added");
const removed = perSync("endpoints_removed_per_sync", "Endpoints that a look removed");
const slicesThere = gauge("num_endpoint_slices", "Slices there are");
const slicesDesired = gauge(
  "desired_endpoint_slices",
  "Slices there would be, packed as tightly as can be",
);
const endpointsDesired = gauge("endpoints_desired", "Endpoints of all services");
const distributions = gauge(
  "services_count_by_traffic_distribution",
  "Services by how they distribute their traffic",
  ["traffic_distribution"],
);

const slicesIn = (view: Lookups): readonly EndpointSlice[] =>
  view
    .list(EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.[managedByLabel] === managedBy);

const total = (numbers: Iterable<number>): readonly Sample[] => [
  [[], Iterator.from(numbers).reduce((sum, number) => sum + number, 0)],
];

/** Slices that could stand together: of one service, one family and the same ports. */
const groupOf = ({ metadata, addressType, ports }: EndpointSlice): string =>
  JSON.stringify([metadata.namespace, metadata.labels?.[serviceNameLabel], addressType, ports]);

function tightest(slices: readonly EndpointSlice[]): number {
  const endpoints = slices.reduce((sum, slice) => sum + slice.endpoints.length, 0);
  return Math.max(1, Math.ceil(endpoints / endpointsMax));
}

function byDistribution(view: Lookups): readonly Sample[] {
  const names = view
    .list(Service)
    .filter(hasSelector)
    .flatMap(({ spec }) => spec.trafficDistribution ?? []);
  return tallied(names.map((name) => [name]));
}

export const sliceMeter: Meter<Service> = {
  measures: [
    syncs,
    changes,
    changed,
    added,
    removed,
    slicesThere,
    slicesDesired,
    endpointsDesired,
    distributions,
  ],
  looked: ({ object, effects, isFailed }) => [
    measured(syncs, [isFailed ? "error" : "success"]),
    ...countWrites(object, effects),
  ],
  gauges: new Map([
    [slicesThere, (view) => total([slicesIn(view).length])],
    [slicesDesired, (view) => total(Map.groupBy(slicesIn(view), groupOf).values().map(tightest))],
    [endpointsDesired, (view) => total(slicesIn(view).map(({ endpoints }) => endpoints.length))],
    [distributions, byDistribution],
  ]),
};

function countWrites(service: Service, effects: readonly Effect[]): readonly Measurement[] {
  const writes = effects.flatMap((effect) => (effect.do === "settle" ? effect.effects : [effect]));
  const operations = writes.flatMap((effect) =>
    effect.do === "create" || effect.do === "update" || effect.do === "delete" ? [effect.do] : [],
  );
  const topology = asksForZoneShares(service) ? "Auto" : "Disabled";
  return [
    ...operations.map((operation) => measured(changes, [operation])),
    measured(changed, [topology, service.spec.trafficDistribution ?? ""], operations.length),
  ];
}

/** How many endpoints come and go when slices of one family become what they should be. */
export function countChanges(
  before: readonly EndpointSlice[],
  after: readonly SliceContent[],
): readonly Effect[] {
  const addresses = (slices: readonly Pick<EndpointSlice, "endpoints">[]): ReadonlySet<string> =>
    new Set(slices.flatMap(({ endpoints }) => endpoints.map((one) => one.addresses.join())));
  const [old, now] = [addresses(before), addresses(after)];
  return [
    measure(added, [], now.difference(old).size),
    measure(removed, [], old.difference(now).size),
  ];
}
