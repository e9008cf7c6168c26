/**
 * The program of the image that addons run from, a subcommand for each. It runs in a pod, and finds
 * the API server as every pod does.
 *
 *   dns --zone=cluster.local [--upstream=192.0.2.53]…
 */
import { parseArgs } from "node:util";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { inCluster } from "#client/in-cluster.ts";
import { https } from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import { createDns } from "#dns/dns.ts";
import { parseUpstream, upstreamsIn } from "#dns/resolv-conf.ts";
import type { UpstreamAddress } from "#dns/upstream.ts";
import { serveHttp } from "#host/http-server.ts";
import { addProcessMetrics } from "#host/process-metrics.ts";
import { connect, listen } from "#host/tcp.ts";
import { bindDatagrams } from "#host/udp.ts";
import { gitVersion } from "./version.ts";
import { realWorld, type World } from "./world.ts";

type Addon = (args: readonly string[], world: World, signal: AbortSignal) => Promise<void>;

const addons: Readonly<Record<string, Addon>> = { dns: runDns };

async function runDns(args: readonly string[], world: World, signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      zone: { type: "string", default: "cluster.local" },
      upstream: { type: "string", multiple: true, default: [] },
    },
  });
  const { clock, random, log } = world;
  const metrics = new Metrics();
  addProcessMetrics(metrics);
  const dns = createDns({
    client: await clientOf(world, "dns"),
    sockets: { bindDatagrams, listen, connect, serveHttp },
    clock,
    random,
    log: log.with({ component: "dns" }),
    metrics,
    zone: values.zone,
    upstreams: values.upstream.length > 0 ? named(values.upstream) : await fromMachine(world),
  });
  await dns.run(signal);
}

const named = (texts: readonly string[]): readonly UpstreamAddress[] =>
  texts.map((text) => {
    const upstream = parseUpstream(text);
    if (!upstream)
      throw new Error(`--upstream=${text} is not an address: 192.0.2.53, 192.0.2.53:53, [::1]:53`);
    return upstream;
  });

/** Those of the machine, as the kubelet hands them on to pods with dnsPolicy Default. */
async function fromMachine({ disk }: World): Promise<readonly UpstreamAddress[]> {
  const text = await disk.read("/etc/resolv.conf");
  return text ? upstreamsIn(new TextDecoder().decode(text)) : [];
}

async function clientOf({ disk, http }: World, name: string): Promise<Client> {
  const inside = await inCluster(disk, process.env);
  if (!inside) throw new Error("this runs in a pod only: there is no KUBERNETES_SERVICE_HOST");
  return createClient(https(http, inside.location), { userAgent: `k8ts-${name}/${gitVersion}` });
}

const [name = "", ...args] = process.argv.slice(2);
const addon = addons[name];
if (!addon)
  throw new Error(
    `unknown addon ${JSON.stringify(name)}: there are ${Object.keys(addons).join(", ")}`,
  );
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
await addon(args, realWorld(), stop.signal);
// Keep-alive connections would hold the process for minutes.
process.exit();
