/** One process with what every node needs: the kubelet and the service proxy. */
import { serverVersion } from "#apiserver/version.ts";
import { observeVersion } from "#apiserver/version-metrics.ts";
import { Metrics } from "#base/metrics.ts";
import { addProcessMetrics } from "#host/process-metrics.ts";
import { createKubelet, type Kubelet } from "#kubelet/kubelet.ts";
import { deviceOfFile } from "#kubelet/runtimes/block-devices.ts";
import { cgroupfs } from "#kubelet/runtimes/cgroupfs.ts";
import { type CriRuntime, criRuntime } from "#kubelet/runtimes/cri.ts";
import { openChannel } from "#kubelet/runtimes/grpc-channel.ts";
import { grpcHealth } from "#kubelet/runtimes/grpc-health.ts";
import { systemMounts } from "#kubelet/runtimes/mounts.ts";
import { https } from "#client/transports/https.ts";
import type { Client } from "#client/client.ts";
import { createClient } from "#client/typed.ts";
import { serveHttp } from "#host/http-server.ts";
import { processIdsNow, systemFacts } from "#host/system.ts";
import { connect } from "#host/tcp.ts";
import type { ProcessOptions } from "./control-plane.ts";
import { files, loadText } from "./identities.ts";
import { followIdentity, liveTls } from "./live-identity.ts";
import { createProxy } from "#proxy/proxy.ts";
import { conntrack } from "#proxy/backends/conntrack.ts";
import { kernelSettings } from "#proxy/backends/kernel-settings.ts";
import { nftablesBackend } from "#proxy/backends/nftables.ts";
import { gatesOf, readKubeletFile } from "./server-flags.ts";
import { dnsServiceAddress } from "./settings.ts";
import { gitVersion } from "./version.ts";

/** Until `signal` aborts. Containers and the rules for services stay. */
export async function runNode(options: ProcessOptions): Promise<void> {
  const { settings, places, world, signal } = options;
  const { disk } = world;
  let reload = (): void => {};
  const following = { world, folder: places.pki, signal, changed: () => reload() };
  const [ca, serving] = await Promise.all([
    loadText(disk, `${places.pki}/${files.ca}.crt`),
    followIdentity(files.kubelet, following),
  ]);
  const socket = settings.runtimeEndpoint ?? places.containerd.socket;
  using runtime = criRuntime({ socket, clock: world.clock });
  const kubelet = await kubeletOf(options, runtime);
  await using server = await serveHttp({
    address: "0.0.0.0",
    port: settings.kubeletPort,
    tls: { identity: serving.current, clientCas: () => ca },
    handler: kubelet.http,
  });
  reload = server.reloadTls;
  await Promise.all([kubelet.run(signal), runProxy(options)]);
}

async function clientOf(
  { settings, places, world, signal }: ProcessOptions,
  file: string,
  fieldManager: string,
): Promise<Client> {
  const ca = await loadText(world.disk, `${places.pki}/${files.ca}.crt`);
  const live = await followIdentity(file, { world, folder: places.pki, signal });
  const tlsOf = liveTls(live, ca);
  // The API server is on this machine: its loopback address is never in anyone's way.
  const url = `https://127.0.0.1:${settings.apiPort}`;
  return createClient(https(world.http, { url, credentials: () => ({ tls: tlsOf() }) }), {
    fieldManager,
    userAgent: `${fieldManager}/${gitVersion}`,
  });
}

/** The servers behind systemd-resolved, whose own address is of no use to a pod. */
const resolvedConf = "/run/systemd/resolve/resolv.conf";

async function kubeletOf(options: ProcessOptions, runtime: CriRuntime): Promise<Kubelet> {
  const { settings, places, world } = options;
  const { clock, random, disk, http, processes } = world;
  const metrics = new Metrics();
  addProcessMetrics(metrics);
  observeVersion(metrics, serverVersion);
  const hasResolved = (await disk.facts(resolvedConf)) !== undefined;
  return createKubelet({
    ...(hasResolved ? { resolvConf: resolvedConf } : {}),
    client: await clientOf(options, files.node, "kubelet"),
    nodeName: settings.nodeName,
    version: gitVersion,
    flags: flagsOf(options),
    gates: gatesOf(settings.apiServer?.["feature-gates"]),
    port: settings.kubeletPort,
    clusterDns: [dnsServiceAddress],
    clusterDomain: settings.clusterDomain,
    cgroupRoot: `/${places.instance}`,
    folders: {
      root: places.kubelet,
      logs: places.podLogs,
      logLinks: `${places.data}/container-logs`,
      cniConfig: places.cniConfig,
    },
    metrics,
    ...(await readKubeletFile(settings.apiServer, world)),
    network: { bridge: places.instance, masquerades: false },
    runtime,
    disk,
    mounts: systemMounts({ disk, processes }),
    cgroups: cgroupfs({ clock }),
    http,
    connect,
    grpcHealth: grpcHealth(clock),
    openChannel: (to) => openChannel({ ...to, clock }),
    deviceOf: deviceOfFile(),
    processIds: processIdsNow,
    machine: async () => ({ ...(await systemFacts()), addresses: [settings.nodeAddress] }),
    clock,
    random,
    log: world.log.with({ component: "kubelet" }),
  });
}

/** By upstream's names. */
const flagsOf = ({ settings, places }: ProcessOptions): Readonly<Record<string, string>> => ({
  config: settings.apiServer?.["kubelet-config"] ?? "",
  "container-runtime-endpoint": settings.runtimeEndpoint ?? places.containerd.socket,
  "feature-gates": settings.apiServer?.["feature-gates"] ?? "",
  "hostname-override": settings.nodeName,
  "node-ip": settings.nodeAddress,
});

/** kube-proxy's: load balancers outside ask there whether the node takes traffic. */
const proxyHealthPort = 10256;

async function runProxy(options: ProcessOptions): Promise<void> {
  const { settings, places, world, signal } = options;
  const { clock, random, processes } = world;
  const proxy = createProxy({
    client: await clientOf(options, files.proxy, "kube-proxy"),
    nodeName: settings.nodeName,
    podCidrs: [settings.podCidr],
    backend: nftablesBackend({ processes, table: places.instance }),
    flows: conntrack({ processes }),
    kernel: kernelSettings({ processes }),
    serveHttp,
    clock,
    random,
    log: world.log.with({ component: "proxy" }),
  });
  await using _health = await serveHttp({
    address: "0.0.0.0",
    port: proxyHealthPort,
    handler: proxy.http,
  });
  await proxy.run(signal);
}
