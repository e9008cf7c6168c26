/** The objects by which a cluster is known: its namespaces, priorities, and its own API as a service. */
import { APIService } from "#api/apiregistration/apiservice.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Endpoints } from "#api/core/endpoints.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { tokenTracking } from "#api/core/token-secret.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { PriorityClass, systemPriorities } from "#api/scheduling/priorityclass.ts";
import { formatDay } from "#base/clock.ts";
import { cidrOf, formatIp, nthAddress, parseIp } from "#base/ip.ts";
import { draftOf } from "#schema/copy.ts";
import { frontProxyNames } from "../authn/remote-user.ts";
import { type GroupVersion, isBuiltIn, localService } from "../aggregation/local-services.ts";
import { ownManager } from "../registry/own-writes.ts";
import { type Wanted, wanted } from "./wanted.ts";

export const namespaces: readonly Wanted[] = [
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
].map((name) => wanted(Namespace, { metadata: { name } }));

const descriptions: Readonly<Record<string, string>> = {
  "system-node-critical": "For pods of the system that must stay on the node they are on.",
  "system-cluster-critical": "For pods of the system that must run, on whichever node.",
};

export const priorityClasses: readonly Wanted[] = Object.entries(systemPriorities).map(
  ([name, value]) =>
    wanted(PriorityClass, { metadata: { name }, value, description: descriptions[name] }),
);

/** Who deletes one has it back at the next start. As upstream. */
export function localServices(served: Iterable<GroupVersion>): readonly Wanted[] {
  const byName = new Map<string, Wanted>();
  for (const { group, version } of served) {
    if (!isBuiltIn(group)) continue;
    const manifest = localService({ group, version }, "onstart");
    byName.set(manifest.metadata.name ?? "", wanted(APIService, manifest));
  }
  return [...byName.values()];
}

export const serviceCidr = (cidrs: readonly string[]): Wanted =>
  wanted(
    ServiceCIDR,
    { metadata: { name: "kubernetes" }, spec: { cidrs } },
    { status: (time) => ({ manager: ownManager, status: { conditions: [rangeReady(time)] } }) },
  );

/** Without a controller for ranges somebody has to say that the first one can be used. exact: apiserver */
export const rangeReady = (since: string) =>
  ({
    type: "Ready",
    status: "True",
    reason: "",
    message: "Kubernetes default Service CIDR is ready",
    lastTransitionTime: since,
  }) as const;

export interface Advertised {
  /** Where pods and nodes reach this server. */
  readonly address: string;
  readonly port: number;
  /** The services' ranges, the first one first. */
  readonly serviceCidrs: readonly string[];
}

const port = 443;
const place = { name: "kubernetes", namespace: "default" };

/** The first address of the range: the same in every cluster of that range. */
export const kubernetesService = ({ port: targetPort, serviceCidrs }: Advertised): Wanted =>
  wanted(
    Service,
    {
      metadata: { ...place, labels: { component: "apiserver", provider: "kubernetes" } },
      spec: {
        type: "ClusterIP",
        clusterIP: formatIp(nthAddress(cidrOf(serviceCidrs[0] ?? "10.96.0.0/12"), 1)),
        ports: [{ name: "https", port, protocol: "TCP", targetPort }],
      },
    },
    {
      merge: (current, { spec }) => {
        const draft = draftOf(current);
        if (spec.ports) draft.spec.ports = draftOf(spec.ports);
        return draft;
      },
    },
  );

export const kubernetesEndpoints = ({ address, port: target }: Advertised): readonly Wanted[] => [
  wanted(
    Endpoints,
    {
      metadata: { ...place, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
      subsets: [
        { addresses: [{ ip: address }], ports: [{ name: "https", port: target, protocol: "TCP" }] },
      ],
    },
    {
      merge: (current, { subsets }) => ({
        ...draftOf(current),
        ...(subsets ? { subsets: draftOf(subsets) } : {}),
      }),
    },
  ),
  wanted(
    EndpointSlice,
    {
      metadata: { ...place, labels: { "kubernetes.io/service-name": "kubernetes" } },
      addressType: parseIp(address)?.version === 6 ? "IPv6" : "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "https", port: target, protocol: "TCP" }],
    },
    {
      merge: (current, { endpoints, ports }) => ({
        ...draftOf(current),
        endpoints: draftOf(endpoints),
        ports: draftOf(ports),
      }),
    },
  ),
];

/** Keys that we set are ours, others stay. */
const configMap = (at: { name: string; namespace: string }, data: Record<string, string>): Wanted =>
  wanted(
    ConfigMap,
    { metadata: at, data },
    {
      merge: (current, { data: ours }) => {
        const draft = draftOf(current);
        draft.data = { ...draft.data, ...ours };
        return draft;
      },
    },
  );

const list = (...names: readonly string[]): string => JSON.stringify(names);

/** By which extension servers tell who calls them. */
export const extensionAuthentication = ({
  clientCa,
  requestHeaderCa,
}: {
  readonly clientCa: string;
  readonly requestHeaderCa?: string;
}): Wanted =>
  configMap(
    { name: "extension-apiserver-authentication", namespace: "kube-system" },
    {
      "client-ca-file": clientCa,
      ...(requestHeaderCa === undefined
        ? {}
        : {
            "requestheader-allowed-names": list(...frontProxyNames),
            "requestheader-client-ca-file": requestHeaderCa,
            "requestheader-extra-headers-prefix": list("X-Remote-Extra-"),
            "requestheader-group-headers": list("X-Remote-Group"),
            "requestheader-uid-headers": list("X-Remote-Uid"),
            "requestheader-username-headers": list("X-Remote-User"),
          }),
    },
  );

/** What a node that joins has to know: where the server is, and whom to trust. Base64 and URLs are plain text in YAML. */
export const clusterInfo = (at: { readonly server: string; readonly ca: string }): Wanted =>
  configMap(
    { name: "cluster-info", namespace: "kube-public" },
    {
      kubeconfig: `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(at.ca).toString("base64")}
    server: ${at.server}
  name: ""
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
`,
    },
  );

/** Since when the use of tokens in secrets is noted: those noted as unused before may still be. */
export const legacyTokenTracking = (nowMs: number): Wanted =>
  wanted(ConfigMap, {
    metadata: tokenTracking,
    data: { since: formatDay(nowMs) },
  });
