/**
 * One process with the API server, the controllers and the scheduler. They share it to save memory
 * and bytes on the wire, not to take short cuts: each talks to the API with its own identity. How
 * they are put together stands in `sim/`: a test's cluster is this one on another clock.
 */
import * as catalog from "#api/catalog.ts";
import type { AnyKind } from "#api/kind.ts";
import { signingKeyOf } from "#apiserver/authn/token-issuer.ts";
import { encryptedStore } from "#apiserver/encryption/encrypted-store.ts";
import { ruleFinder } from "#apiserver/encryption/resources.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";
import { Metrics } from "#base/metrics.ts";
import { serveHttp } from "#host/http-server.ts";
import { addProcessMetrics } from "#host/process-metrics.ts";
import { type ControlPlane, createControlPlane } from "#sim/control-plane.ts";
import type { SimulatedNodes } from "#sim/nodes/nodes.ts";
import { openLmdb } from "#store/backends/lmdb.ts";
import { admissionOf } from "./admission.ts";
import { authenticationOf } from "./authentication.ts";
import { authorizationOf } from "./authorization.ts";
import { openAuditLog } from "./audit.ts";
import { ownEncryption } from "./encryption.ts";
import { serverUrl } from "./control-plane-url.ts";
import { files as pkiFiles, loadText } from "./identities.ts";
import { kubeletDialer } from "./kubelet-dialer.ts";
import { renewKubeconfig } from "./kubeconfig.ts";
import { followIdentity, type LiveIdentity, liveTls } from "./live-identity.ts";
import type { Places } from "./places.ts";
import { rotateCertificates } from "./rotation.ts";
import { flagTexts, readServerFiles } from "./server-flags.ts";
import { dnsServiceAddress, type Settings } from "./settings.ts";
import { gitVersion } from "./version.ts";
import type { World } from "./world.ts";

export interface ProcessOptions {
  readonly settings: Settings;
  readonly places: Places;
  readonly world: World;
  readonly signal: AbortSignal;
}

/** Until `signal` aborts. */
export async function runControlPlane(options: ProcessOptions): Promise<void> {
  const { settings, places, world, signal } = options;
  const { clock, log } = world;
  let reload = (): void => {};
  const secrets = await readSecrets(options, () => reload());
  const metrics = new Metrics();
  addProcessMetrics(metrics);
  const real = kubeletDialer(world.http, liveTls(secrets.kubeletClient, secrets.ca));
  const main = await simulatedNodes(options, () => control, real);
  const beside = await nodesBeside(options, () => control, main?.dialer ?? real);
  const files = await readServerFiles(settings.apiServer, world);
  const ofServer = { settings: settings.apiServer ?? {}, files, places, world, metrics };
  await using auditor = await openAuditLog(ofServer);
  const encryption = files.encryption ?? (await ownEncryption(places, world));
  const ruleOf = ruleFinder(encryption, Object.values(catalog as Record<string, AnyKind>));
  await using store = encryptedStore(await openLmdb({ path: places.store, clock }), ruleOf);
  const signingKey = signingKeyOf(secrets.tokenKey);
  await using control: ControlPlane = createControlPlane({
    ...world,
    store,
    scheduler: files.scheduler,
    admission: await admissionOf(ofServer),
    gates: files.gates,
    flags: flagTexts(settings.apiServer),
    metrics,
    auditor,
    authorization: await authorizationOf({ ...ofServer, signal }),
    authentication: await authenticationOf({ ...ofServer, signal }),
    kubelets: beside?.dialer ?? main?.dialer ?? real,
    address: { host: settings.nodeAddress, port: settings.apiPort },
    serverUrl: serverUrl(settings),
    ca: secrets.ca,
    frontProxyCa: secrets.frontProxyCa,
    frontProxy: secrets.frontProxy.current,
    signer: { certificate: secrets.ca, key: secrets.caKey },
    signingKey: () => signingKey,
    serviceCidr: settings.serviceCidr,
    podCidr: settings.podCidr,
    clusterDomain: settings.clusterDomain,
    reservedPorts: [ssh, settings.apiPort, settings.kubeletPort],
  });
  await using listener = await serveHttp({
    address: "0.0.0.0",
    port: settings.apiPort,
    tls: {
      identity: secrets.apiServer.current,
      clientCas: () => secrets.ca + secrets.frontProxyCa,
    },
    handler: control.server.http,
  });
  reload = listener.reloadTls;
  await control.start(signal);
  log.info("API server is ready", { port: listener.port });
  await Promise.all([
    control.run(signal),
    main?.run(signal),
    beside?.run(signal),
    rotateCertificates({ ...options, renewed: () => renewKubeconfig(options) }),
  ]);
}

const ssh = 22;

/** `up --nodes=simulated`: in this process, and only then is their code loaded. */
async function simulatedNodes(
  { settings, world }: ProcessOptions,
  control: () => ControlPlane,
  others: KubeletDialer,
): Promise<SimulatedNodes | undefined> {
  if (settings.nodes === "real") return undefined;
  const { createSimulatedNodes } = await import("#sim/nodes/nodes.ts");
  return createSimulatedNodes({
    ...world,
    nodes: [{ name: settings.nodeName }],
    clientFor: (user, manager, gate) => control().clientFor(user, manager, gate),
    version: gitVersion,
    clusterDns: [dnsServiceAddress],
    clusterDomain: settings.clusterDomain,
    others,
  });
}

/** `up --simulated-nodes`: many, beside those that do the work. */
async function nodesBeside(
  { settings: { simulatedNodes: count = 0 }, world }: ProcessOptions,
  control: () => ControlPlane,
  others: KubeletDialer,
): Promise<SimulatedNodes | undefined> {
  if (count === 0) return undefined;
  const [{ createSimulatedNodes }, { besideNodeCidr, besideReal }] = await Promise.all([
    import("#sim/nodes/nodes.ts"),
    import("#sim/nodes/beside-real.ts"),
  ]);
  return createSimulatedNodes({
    ...world,
    kubelets: "light",
    nodes: besideReal(count),
    nodeCidr: besideNodeCidr,
    clientFor: (user, manager, gate) => control().clientFor(user, manager, gate),
    version: gitVersion,
    others,
  });
}

interface Secrets {
  readonly ca: string;
  readonly caKey: string;
  readonly apiServer: LiveIdentity;
  readonly kubeletClient: LiveIdentity;
  readonly frontProxyCa: string;
  readonly frontProxy: LiveIdentity;
  readonly tokenKey: string;
}

async function readSecrets(
  { places, world, signal }: ProcessOptions,
  changed: () => void,
): Promise<Secrets> {
  const following = { world, folder: places.pki, signal };
  const { disk } = world;
  const [ca, caKey, apiServer, kubeletClient, frontProxyCa, frontProxy, tokenKey] =
    await Promise.all([
      loadText(disk, `${places.pki}/${pkiFiles.ca}.crt`),
      loadText(disk, `${places.pki}/${pkiFiles.ca}.key`),
      followIdentity(pkiFiles.apiServer, { ...following, changed }),
      followIdentity(pkiFiles.kubeletClient, following),
      loadText(disk, `${places.pki}/${pkiFiles.frontProxyCa}.crt`),
      followIdentity(pkiFiles.frontProxy, following),
      loadText(disk, `${places.pki}/${pkiFiles.tokens}.key`),
    ]);
  return { ca, caKey, apiServer, kubeletClient, frontProxyCa, frontProxy, tokenKey };
}
