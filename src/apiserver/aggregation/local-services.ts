/** The APIServices of what this server serves itself, and how much clients shall prefer it. */
import { APIService } from "#api/apiregistration/apiservice.ts";
import type { Draft } from "#schema/struct.ts";

export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** exact: kube-apiserver; versions of a group that are not named have 15. */
const groups: Readonly<Record<string, number>> = {
  "": 18000,
  apps: 17800,
  "events.k8s.io": 17750,
  "authentication.k8s.io": 17700,
  "authorization.k8s.io": 17600,
  autoscaling: 17500,
  batch: 17400,
  "certificates.k8s.io": 17300,
  "networking.k8s.io": 17200,
  policy: 17100,
  "rbac.authorization.k8s.io": 17000,
  "storage.k8s.io": 16800,
  "admissionregistration.k8s.io": 16700,
  "apiextensions.k8s.io": 16700,
  "scheduling.k8s.io": 16600,
  "coordination.k8s.io": 16500,
  "node.k8s.io": 16300,
  "discovery.k8s.io": 16200,
  "resource.k8s.io": 16200,
  "flowcontrol.apiserver.k8s.io": 16100,
  // As the metrics server registers itself.
  "metrics.k8s.io": 100,
};

const versions: Readonly<Record<string, number>> = {
  v1: 1,
  "autoscaling/v2": 30,
  "resource.k8s.io/v1": 21,
  "flowcontrol.apiserver.k8s.io/v1": 21,
  "metrics.k8s.io/v1beta1": 100,
};

const usualVersion = 15;

/** Of custom resources. */
const custom: Priority = { group: 1000, version: 100 };

/** The group that says who serves what is nobody else's, and comes first. */
export const ownGroup = APIService.group;
const first: Priority = { group: Infinity, version: usualVersion };

export function priorityOf(group: string, apiVersion: string): Priority {
  if (group === ownGroup) return first;
  const known = groups[group];
  if (known === undefined) return custom;
  return { group: known, version: versions[apiVersion] ?? usualVersion };
}

export const isBuiltIn = (group: string): boolean => groups[group] !== undefined;

/** `onstart`: made at the start when absent; `true`: kept as it is. */
export const managedLabel = "kube-aggregator.kubernetes.io/automanaged";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export const nameOf = ({ group, version }: GroupVersion): string => `${version}.${group}`;

export function localService(
  { group, version }: GroupVersion,
  managed: "onstart" | "true",
): Draft<APIService> {
  const priority = priorityOf(group, group === "" ? version : `${group}/${version}`);
  return {
    kind: APIService.kind,
    apiVersion: APIService.apiVersion,
    metadata: { name: nameOf({ group, version }), labels: { [managedLabel]: managed } },
    spec: {
      group,
      version,
      insecureSkipTLSVerify: false,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
    status: {},
  };
}
