/** A plugin's gRPC server on a unix socket, with methods given as functions. For tests. */
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { registrationProto } from "./registration.ts";

export interface ServedMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: string;
  readonly response: string;
  readonly answer: (request: never) => object | Promise<object>;
}

export interface Served extends AsyncDisposable {
  readonly socket: string;
}

export async function serveGrpc(
  socket: string,
  proto: string,
  methods: readonly ServedMethod[],
): Promise<Served> {
  const server = new grpc.Server();
  addMethods(server, proto, methods);
  const listening = Promise.withResolvers<void>();
  server.bindAsync(`unix://${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
    error ? listening.reject(error) : listening.resolve(),
  );
  await listening.promise;
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

function addMethods(server: grpc.Server, proto: string, methods: readonly ServedMethod[]): void {
  const { root, package: scope } = protobuf.parse(proto);
  for (const { path, request, response, answer } of methods) {
    const [input, output] = [request, response].map((name) => root.lookupType(`${scope}.${name}`));
    if (!input || !output) throw new Error(`${path} has no types`);
    const decode = (bytes: Buffer): object => input.toObject(input.decode(bytes));
    const encode = (message: object): Buffer =>
      Buffer.from(output.encode(output.fromObject(message)).finish());
    const method = path.slice(path.lastIndexOf("/") + 1);
    const definition = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: encode,
      requestDeserialize: decode,
      responseSerialize: encode,
      responseDeserialize: decode,
    };
    server.addService({ [method]: definition }, { [method]: handlerOf(answer) });
  }
}

const handlerOf =
  (answer: ServedMethod["answer"]): grpc.handleUnaryCall<object, object> =>
  async ({ request }, reply) => {
    try {
      reply(null, await answer(request as never));
    } catch (error) {
      reply({ code: grpc.status.UNKNOWN, details: String(error) });
    }
  };

interface Registrant {
  readonly info: { readonly type: string; readonly name: string; readonly endpoint?: string };
  readonly supportedVersions?: readonly string[];
  readonly told: (status: { pluginRegistered?: boolean; error?: string }) => void;
}

/** The socket that the kubelet asks who is there. */
export const serveRegistration = (
  socket: string,
  { info, supportedVersions = [], told }: Registrant,
): Promise<Served> =>
  serveGrpc(socket, registrationProto, [
    {
      path: "/pluginregistration.Registration/GetInfo",
      request: "InfoRequest",
      response: "PluginInfo",
      answer: () => ({ ...info, supportedVersions }),
    },
    {
      path: "/pluginregistration.Registration/NotifyRegistrationStatus",
      request: "RegistrationStatus",
      response: "RegistrationStatusResponse",
      answer: (status) => {
        told(status);
        return {};
      },
    },
  ]);
