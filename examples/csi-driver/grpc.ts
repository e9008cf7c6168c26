/** gRPC over unix sockets from a .proto file: as much of it as a storage driver needs. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** By the method's path; each with the names of its messages. */
export type Methods = Readonly<
  Record<string, readonly [request: string, response: string, answer: Answer]>
>;
// oxlint-disable-next-line typescript/no-explicit-any -- messages are described by the .proto file.
type Answer = (request: any) => object | Promise<object>;

/** An error that the caller sees with its code. */
export class Refusal extends Error {
  readonly code: grpc.status;

  constructor(code: keyof typeof grpc.status, message: string) {
    super(message);
    this.code = grpc.status[code];
  }
}

function codecs(file: string) {
  const { root, package: scope } = protobuf.parse(
    readFileSync(join(import.meta.dirname, file), "utf8"),
  );
  const find = (name: string): protobuf.Type => root.lookupType(`${scope}.${name}`);
  return {
    encoder: (name: string) => (message: object) =>
      Buffer.from(find(name).encode(find(name).fromObject(message)).finish()),
    decoder: (name: string) => (bytes: Buffer) =>
      find(name).toObject(find(name).decode(bytes), {
        longs: Number,
        enums: String,
        defaults: true,
      }),
  };
}

export async function serve(socket: string, file: string, methods: Methods): Promise<void> {
  const { encoder, decoder } = codecs(file);
  const server = new grpc.Server();
  for (const [path, [request, response, answer]] of Object.entries(methods)) {
    const definition = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: encoder(request),
      requestDeserialize: decoder(request),
      responseSerialize: encoder(response),
      responseDeserialize: decoder(response),
    };
    server.addService({ [path]: definition }, { [path]: handlerOf(answer) });
  }
  // A socket of an earlier run is in nobody's way.
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

const handlerOf =
  (answer: Answer): grpc.handleUnaryCall<object, object> =>
  ({ request }, reply) => {
    const failed = (error: unknown): void => {
      const code = error instanceof Refusal ? error.code : grpc.status.INTERNAL;
      reply({ code, details: error instanceof Error ? error.message : String(error) });
    };
    Promise.try(answer, request).then((message) => reply(null, message), failed);
  };

/** Calls a method; the answer is what the .proto file says. */
export function caller(socket: string, file: string) {
  const { encoder, decoder } = codecs(file);
  const client = new grpc.Client(`unix://${socket}`, grpc.credentials.createInsecure());
  return <T>(path: string, [request, response]: readonly [string, string], message: object) =>
    new Promise<T>((resolve, reject) => {
      client.makeUnaryRequest(path, encoder(request), decoder(response), message, (error, answer) =>
        error ? reject(error) : resolve(answer as T),
      );
    });
}
