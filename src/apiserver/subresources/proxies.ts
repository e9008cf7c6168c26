/** `pods/proxy`, `services/proxy` and `nodes/proxy`. */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { ApiError, badRequest, notFound } from "#api/errors.ts";
import { hostPort, isLinkLocal, isLoopback, isUnspecified, parseIp } from "#base/ip.ts";
import { below } from "#base/random.ts";
import {
  addressBackend,
  type Backend,
  type Place,
  placeOf,
  proxy,
  proxyMethods,
  proxyVerbs,
} from "./proxying.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

const served = { verbs: proxyVerbs, methods: proxyMethods } as const;

export const podProxy = defineSubresource({
  of: Pod,
  name: "proxy",
  kind: "PodProxyOptions",
  ...served,
  serve: (call) => serve(call, podBackend),
});

export const serviceProxy = defineSubresource({
  of: Service,
  name: "proxy",
  kind: "ServiceProxyOptions",
  ...served,
  serve: (call) => serve(call, serviceBackend),
});

export const nodeProxy = defineSubresource({
  of: Node,
  name: "proxy",
  kind: "NodeProxyOptions",
  ...served,
  serve: (call) => serve(call, nodeBackend),
});

async function serve(
  call: SubresourceCall,
  backendOf: (call: SubresourceCall, place: Place) => Backend,
) {
  const { info, request } = call.context;
  const backend = backendOf(call, placeOf(info.name));
  await call.admit("CONNECT", { path: request.query.get("path") ?? "" } as never);
  return proxy(call, backend);
}

/** Through a name that somebody else chose, nobody gets at this machine itself. exact: apiserver */
function originOf(scheme: string, address: string, port: string | number): string {
  const ip = parseIp(address);
  const isOurs = !ip || [isLoopback, isLinkLocal, isUnspecified].some((is) => is(ip));
  if (isOurs) throw badRequest("address not allowed");
  return `${scheme}://${port === "" ? address : hostPort(address, port)}`;
}

function podBackend(call: SubresourceCall, { scheme, name, port }: Place): Backend {
  const { namespace } = call.context.info;
  const pod = call.registry.reader.get(Pod, namespace, name)?.object;
  if (!pod) throw notFound(Pod, name);
  const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const address = pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? "";
  return addressBackend(call, originOf(scheme, address, port || (first ?? "")));
}

/** One of the ready endpoints, each as likely. exact: apiserver */
function serviceBackend(call: SubresourceCall, { scheme, name, port }: Place): Backend {
  const { registry, ports, context } = call;
  const { namespace } = context.info;
  const service = registry.reader.get(Service, namespace, name)?.object;
  if (!service) throw notFound(Service, name);
  const portName = portNameOf(service, port);
  const found = registry.reader.list(EndpointSlice, namespace).flatMap(({ object }) => {
    const isOwn = object.metadata.labels?.["kubernetes.io/service-name"] === name;
    return isOwn ? targetsOf(object, portName) : [];
  });
  const target = found[below(ports.random, Math.max(1, found.length))];
  if (!target)
    throw new ApiError(
      "ServiceUnavailable",
      `no endpoints available for service ${JSON.stringify(name)}`,
    );
  return addressBackend(call, originOf(scheme, target.address, target.port));
}

function portNameOf({ metadata, spec }: Service, port: string): string {
  const ports = spec.ports ?? [];
  const found =
    port === "" ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port);
  if (found) return found.name ?? "";
  throw new ApiError(
    "ServiceUnavailable",
    `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(metadata.name)}`,
  );
}

interface Target {
  readonly address: string;
  readonly port: number;
}

function targetsOf({ endpoints, ports }: EndpointSlice, portName: string): readonly Target[] {
  const port = ports.find(({ name = "" }) => name === portName)?.port;
  if (port === undefined) return [];
  return endpoints
    .filter(({ conditions }) => conditions.ready !== false)
    .flatMap(({ addresses }) => addresses.map((address) => ({ address, port })));
}

/** The kubelet itself; another port of the node when one is named. */
function nodeBackend(call: SubresourceCall, { scheme, name, port }: Place): Backend {
  const node = call.registry.reader.get(Node, "", name)?.object;
  if (!node) throw notFound(Node, name);
  const kubeletPort = node.status.daemonEndpoints.kubeletEndpoint.Port;
  if (port !== "" && port !== String(kubeletPort)) {
    const address = node.status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
    return addressBackend(call, originOf(scheme, address, port));
  }
  const { kubelets } = call.ports;
  return {
    origin: "",
    call: (path, forwarded) => kubelets.call(node, path, forwarded),
    upgrade: (path, forwarded) => kubelets.upgrade(node, path, forwarded),
  };
}
