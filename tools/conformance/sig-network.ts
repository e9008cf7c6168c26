/** Who holds what the group sig-network asks for. */
import { type Behaviours, by, row, statusOf, verbs } from "./behaviour.ts";

const allocation = "src/apiserver/admission/service/allocation.test.ts";
const updates = "src/apiserver/admission/service/updates.test.ts";
const bootstrap = "src/apiserver/bootstrap/bootstrap.test.ts";
const proxy = "src/apiserver/conformance/proxy.test.ts";
const endpoints = "src/controllers/endpoints.test.ts";
const endpointsliceMirroring = "src/controllers/endpointslice-mirroring.test.ts";
const endpointslice = "src/controllers/endpointslice.test.ts";
const upkeep = "src/controllers/upkeep.test.ts";
const dns = "src/dns/dns.test.ts";
const zone = "src/dns/zone.test.ts";
const containerConfig = "src/kubelet/container/container-config.test.ts";
const kubelet = "src/kubelet/kubelet.test.ts";
const traffic = "src/proxy/backends/traffic.test.ts";
const endpointsOfProxy = "src/proxy/endpoints.test.ts";
const nodeLocal = "src/scheduler/plugins/node-local.test.ts";
const tour = "tests/tour.test.ts";
const workloads = "tests/workloads.test.ts";

export const sigNetwork: Behaviours = {
  "API Server should have Endpoints and EndpointSlices pointing to API Server": by(
    bootstrap,
    "the API is a service of its own, with the first address of the range",
  ),
  "API Server should provide secure master service": by(
    bootstrap,
    "the API is a service of its own, with the first address of the range",
  ),
  "DNS should provide /etc/hosts entries for the cluster": [
    ...by(containerConfig, "/etc/hosts names the pod, and its aliases"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "DNS should provide DNS for ExternalName services": [
    row(zone, '${name || "."} ${type}', '${name || "."} ${type}'),
  ],
  "DNS should provide DNS for pods for Hostname": [
    ...by(containerConfig, "a pod's own name"),
    row(zone, '${name || "."} ${type}', '${name || "."} ${type}'),
  ],
  "DNS should provide DNS for pods for Subdomain": [
    row(zone, '${name || "."} ${type}', '${name || "."} ${type}'),
  ],
  "DNS should provide DNS for services": [
    row(zone, '${name || "."} ${type}', '${name || "."} ${type}'),
  ],
  "DNS should provide DNS for the cluster": by(
    dns,
    "a name of the cluster is answered with authority, in the letters of the question",
  ),
  "DNS should resolve DNS of partial qualified names for services [LinuxOnly]": [
    row(
      containerConfig,
      'DNS policy ${policy}${hostNetwork ? " in the node\'s network" : ""}',
      "DNS policy ${policy}",
    ),
  ],
  "DNS should support configurable pod DNS nameservers": by(
    containerConfig,
    "a pod adds to its DNS configuration, and replaces options of the same name",
  ),
  "EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service": by(
    upkeep,
    "a service's endpoints follow its pods",
  ),
  "EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods":
    by(endpointslice, "a service without endpoints has one empty slice"),
  "EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices":
    by(
      endpointsOfProxy,
      "an endpoint that moves between slices is one endpoint, and ready when either says so",
    ),
  "EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices":
    by(endpointsOfProxy, "a port is found by its name and protocol"),
  "EndpointSlice should support creating EndpointSlice API operations": [verbs("endpointslices")],
  "EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete":
    by(
      endpointsliceMirroring,
      "Endpoints of a service without a selector become slices, and follow them",
    ),
  "Endpoints should test the lifecycle of an Endpoint": [verbs("endpoints")],
  "EndpointsController should create Endpoints for Pods matching a Service": by(
    endpoints,
    "ready and unready pods stand apart, ports by name",
  ),
  "EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods":
    by(endpoints, "when the service is gone, so are the endpoints that were made for it"),
  "HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol [LinuxOnly]":
    [
      ...by(kubelet, "a port of the host leads into the pod"),
      row(
        nodeLocal,
        'a pod that wants ${what} is ${expected === "fine" ? "accepted" : "refused"}',
        "a pod that wants ${what}",
      ),
    ],
  "Ingress API should support creating Ingress API operations": [
    verbs("ingresses"),
    statusOf("ingresses"),
  ],
  "IngressClass API should support creating IngressClass API operations": [verbs("ingressclasses")],
  "Networking Granular Checks: Pods should function for intra-pod communication: http [NodeConformance]":
    by(tour, "every pod has an address of its own"),
  "Networking Granular Checks: Pods should function for intra-pod communication: udp [NodeConformance]":
    by(workloads, "datagrams reach a pod, from another pod and from its node"),
  "Networking Granular Checks: Pods should function for node-pod communication: http [LinuxOnly] [NodeConformance]":
    by(tour, "every pod has an address of its own"),
  "Networking Granular Checks: Pods should function for node-pod communication: udp [LinuxOnly] [NodeConformance]":
    by(workloads, "datagrams reach a pod, from another pod and from its node"),
  "Proxy version v1 A set of valid responses are returned for both pod and service Proxy": [
    row(
      proxy,
      "${name} gets every method, with path, query and body, and its answer comes back",
      "a service",
    ),
  ],
  "Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath": [
    row(
      proxy,
      "${name} gets every method, with path, query and body, and its answer comes back",
      "a pod",
    ),
  ],
  "Proxy version v1 should proxy through a service and a pod": by(
    proxy,
    "ports are found by number, by name, and behind a scheme",
  ),
  "Service endpoints latency should not be very high": by(
    workloads,
    "two hundred services know where their pod is, soon after they were made",
  ),
  "ServiceCIDR and IPAddress API should support IPAddress API operations": [verbs("ipaddresses")],
  "ServiceCIDR and IPAddress API should support ServiceCIDR API operations": [verbs("ipaddresses")],
  "Services should be able to change the type from ClusterIP to ExternalName": by(
    updates,
    "a service that becomes a mere name gives everything back, and gets anew as a service",
  ),
  "Services should be able to change the type from ExternalName to ClusterIP": by(
    allocation,
    "what was a mere name gets an address when it becomes a service",
  ),
  "Services should be able to change the type from ExternalName to NodePort": by(
    updates,
    "a service that becomes a mere name gives everything back, and gets anew as a service",
  ),
  "Services should be able to change the type from NodePort to ExternalName": by(
    updates,
    "a service that becomes a mere name gives everything back, and gets anew as a service",
  ),
  "Services should be able to create a functioning NodePort service": [
    ...by(traffic, "a node port answers outside, on the node, at localhost and to pods"),
    ...by(tour, "the monolith serves on a port of the node"),
  ],
  "Services should be able to switch session affinity for NodePort service [LinuxOnly]": by(
    traffic,
    "a client stays with the endpoint that it met first",
  ),
  "Services should be able to switch session affinity for service with type clusterIP [LinuxOnly]":
    by(traffic, "a client stays with the endpoint that it met first"),
  "Services should complete a service status lifecycle": [verbs("services"), statusOf("services")],
  "Services should delete a collection of services": [verbs("services")],
  "Services should find a service from listing all namespaces": [verbs("services")],
  "Services should have session affinity work for NodePort service [LinuxOnly]": by(
    traffic,
    "a client stays with the endpoint that it met first",
  ),
  "Services should have session affinity work for service with type clusterIP [LinuxOnly]": by(
    traffic,
    "a client stays with the endpoint that it met first",
  ),
  "Services should serve a basic endpoint from pods": by(
    upkeep,
    "a service's endpoints follow its pods",
  ),
  "Services should serve endpoints on same port and different protocols": by(
    traffic,
    "UDP is served as TCP is, and both on one port",
  ),
  "Services should serve multiport endpoints from pods": by(
    endpoints,
    "pods with other port numbers stand in a subset of their own",
  ),
};
