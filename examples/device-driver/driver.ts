/**
 * A driver of devices for dynamic resource allocation, complete and small. Its devices are imaginary:
 * a container that gets one finds its name in EXAMPLE_DEVICES, and a device file of that name.
 *
 *   node driver.ts --kubeconfig=… --node=… --kubelet=/var/lib/k8ts/kubelet --devices=2
 *
 * It does the three things that every driver does: publishes its devices (ResourceSlice), registers
 * with the kubelet (plugin registration), and prepares and unprepares claims (DRAPlugin), telling
 * the runtime by CDI files what a container gets.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { KubeConfig, ResourceV1Api, type V1ResourceSlice } from "@kubernetes/client-node";
import protobuf from "protobufjs";

const { values: args } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    node: { type: "string" },
    kubelet: { type: "string", default: "/var/lib/k8ts/kubelet" },
    devices: { type: "string", default: "2" },
    driver: { type: "string", default: "devices.example.com" },
  },
});
const { driver, node = "", kubelet, kubeconfig = "" } = args;
const names = Array.from({ length: Number(args.devices) }, (_, i) => `device-${i}`);

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(ResourceV1Api);

// What it has.

const slice: V1ResourceSlice = {
  metadata: { name: `${node}-${driver}` },
  spec: {
    driver,
    nodeName: node,
    pool: { name: node, generation: 1, resourceSliceCount: 1 },
    devices: names.map((name, index) => ({
      name,
      attributes: { index: { _int: index }, model: { string: "imaginary" } },
      capacity: { memory: { value: "1Gi" } },
    })),
  },
};

/** Again whenever the kubelet asks who is there: it removes what lost drivers published. */
async function publish(): Promise<void> {
  try {
    await api.createResourceSlice({ body: slice });
  } catch (error) {
    if ((error as { code?: number }).code !== 409) throw error;
  }
}

// What a container gets.

const cdiFolder = "/var/run/cdi";
const cdiFile = (uid: string): string => `${cdiFolder}/${driver}-${uid}.json`;

interface Claim {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

async function prepare({ namespace, name, uid }: Claim) {
  const claim = await api.readNamespacedResourceClaim({ namespace, name });
  if (claim.metadata?.uid !== uid) throw new Error(`claim ${namespace}/${name} is another one`);
  const results = claim.status?.allocation?.devices?.results ?? [];
  const mine = results.filter((result) => result.driver === driver);
  await mkdir(cdiFolder, { recursive: true });
  const spec = {
    cdiVersion: "0.6.0",
    kind: `${driver}/claim`,
    devices: mine.map(({ device }) => ({
      name: `${uid}-${device}`,
      containerEdits: {
        env: [`EXAMPLE_DEVICES=${device}`],
        deviceNodes: [{ path: `/dev/${device}`, hostPath: "/dev/zero", permissions: "r" }],
      },
    })),
  };
  await writeFile(cdiFile(uid), JSON.stringify(spec));
  return mine.map(({ request, pool, device }) => ({
    requestNames: [request],
    poolName: pool,
    deviceName: device,
    cdiDeviceIds: [`${driver}/claim=${uid}-${device}`],
  }));
}

const unprepare = ({ uid }: Claim): Promise<void> => rm(cdiFile(uid), { force: true });

// How the kubelet talks to it.

const registrationProto = `
syntax = "proto3";
package pluginregistration;
message InfoRequest {}
message PluginInfo { string type = 1; string name = 2; string endpoint = 3; repeated string supported_versions = 4; }
message RegistrationStatus { bool plugin_registered = 1; string error = 2; }
message RegistrationStatusResponse {}
`;

const draProto = `
syntax = "proto3";
package k8s.io.kubelet.pkg.apis.dra.v1;
message Claim { string namespace = 1; string uid = 2; string name = 3; }
message Device { repeated string request_names = 1; string pool_name = 2; string device_name = 3; repeated string cdi_device_ids = 4; }
message NodePrepareResourcesRequest { repeated Claim claims = 1; }
message NodePrepareResourceResponse { repeated Device devices = 1; string error = 2; }
message NodePrepareResourcesResponse { map<string, NodePrepareResourceResponse> claims = 1; }
message NodeUnprepareResourcesRequest { repeated Claim claims = 1; }
message NodeUnprepareResourceResponse { string error = 1; }
message NodeUnprepareResourcesResponse { map<string, NodeUnprepareResourceResponse> claims = 1; }
`;

interface Method {
  readonly types: readonly [request: string, response: string];
  readonly answer: (request: never) => object | Promise<object>;
}

interface Service {
  readonly socket: string;
  readonly proto: string;
  readonly name: string;
  readonly methods: Readonly<Record<string, Method>>;
}

const stops: (() => void)[] = [];

async function serve({ socket, proto, name, methods }: Service): Promise<void> {
  const { root, package: scope } = protobuf.parse(proto);
  const server = new grpc.Server();
  const definition: Record<string, grpc.MethodDefinition<object, object>> = {};
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const [method, { types, answer }] of Object.entries(methods)) {
    const [input, output] = types.map((type) => root.lookupType(`${scope}.${type}`));
    if (!input || !output) throw new Error(`${method} has no types`);
    const encode = (message: object): Buffer =>
      Buffer.from(output.encode(output.fromObject(message)).finish());
    definition[method] = {
      path: `/${scope}.${name}/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: encode,
      requestDeserialize: (bytes) => input.toObject(input.decode(bytes), { defaults: true }),
      responseSerialize: encode,
      responseDeserialize: (bytes) => output.toObject(output.decode(bytes)),
    };
    handlers[method] = handlerOf(answer);
  }
  server.addService(definition, handlers);
  await rm(socket, { force: true });
  const listening = Promise.withResolvers<void>();
  server.bindAsync(`unix://${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
    error ? listening.reject(error) : listening.resolve(),
  );
  await listening.promise;
  stops.push(() => server.forceShutdown());
}

const handlerOf =
  (answer: Method["answer"]): grpc.handleUnaryCall<object, object> =>
  async ({ request }, reply) => {
    try {
      reply(null, await answer(request as never));
    } catch (error) {
      reply({ code: grpc.status.INTERNAL, details: String(error) });
    }
  };

/** One answer for each claim; what goes wrong with one is told with it. */
const forEach =
  (work: (claim: Claim) => Promise<object>) =>
  async ({ claims }: { readonly claims: readonly Claim[] }) => ({
    claims: Object.fromEntries(
      await Promise.all(
        claims.map(async (claim) => {
          try {
            return [claim.uid, await work(claim)];
          } catch (error) {
            return [claim.uid, { error: String(error) }];
          }
        }),
      ),
    ),
  });

const folder = `${kubelet}/plugins/${driver}`;
await mkdir(folder, { recursive: true });
await serve({
  socket: `${folder}/dra.sock`,
  proto: draProto,
  name: "DRAPlugin",
  methods: {
    NodePrepareResources: {
      types: ["NodePrepareResourcesRequest", "NodePrepareResourcesResponse"],
      answer: forEach(async (claim) => ({ devices: await prepare(claim) })),
    },
    NodeUnprepareResources: {
      types: ["NodeUnprepareResourcesRequest", "NodeUnprepareResourcesResponse"],
      answer: forEach(async (claim) => {
        await unprepare(claim);
        return {};
      }),
    },
  },
});
await mkdir(`${kubelet}/plugins_registry`, { recursive: true });
await serve({
  socket: `${kubelet}/plugins_registry/${driver}-reg.sock`,
  proto: registrationProto,
  name: "Registration",
  methods: {
    GetInfo: {
      types: ["InfoRequest", "PluginInfo"],
      answer: () => ({
        type: "DRAPlugin",
        name: driver,
        endpoint: `${folder}/dra.sock`,
        supportedVersions: ["v1.DRAPlugin"],
      }),
    },
    NotifyRegistrationStatus: {
      types: ["RegistrationStatus", "RegistrationStatusResponse"],
      answer: async ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
        console.log(pluginRegistered ? "registered" : `not registered: ${error}`);
        if (pluginRegistered) await publish();
        return {};
      },
    },
  },
});
for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    for (const stop of stops) stop();
  });
