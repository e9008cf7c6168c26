/**
 * gRPC without generated code: messages are described by a text in protobuf's language, calls name
 * their method and types. Objects go in and out in camelCase, enumerations by name, 64-bit numbers
 * as JavaScript numbers.
 */
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Clock } from "#base/clock.ts";
import { whenAborted } from "#base/signal.ts";
import { RuntimeError, type RuntimeErrorCode } from "../runtime.ts";

/** One method: its full path and its message types. */
export interface Method<Answer> {
  readonly path: string;
  readonly request: string;
  readonly response: string;
  /** Phantom: the type of the decoded response, never present at run time. */
  readonly _answer?: Answer;
}

export interface CallOptions {
  /** Two minutes unless said; Infinity waits for as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface GrpcChannel extends Disposable {
  readonly call: <T>(method: Method<T>, request: object, options?: CallOptions) => Promise<T>;
  readonly stream: <T>(method: Method<T>, request: object, signal: AbortSignal) => AsyncIterable<T>;
}

export interface ChannelOptions {
  /** Path of the unix socket. */
  readonly socket: string;
  /** The messages, in protobuf's language. */
  readonly proto: string;
  /** Sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

export const callTimeoutMs = 120_000;

/** Image lists of busy nodes are larger than gRPC's default of 4 MiB. */
const messageBytesMax = 64 * 1024 * 1024;

/** A connection to a unix socket, opened when first used and again whenever it breaks. */
export function openChannel({
  socket,
  proto,
  clock,
  metadata: headers = {},
}: ChannelOptions): GrpcChannel {
  const metadata = grpc.Metadata.fromHttp2Headers({ ...headers });
  const codec = codecOf(proto);
  /** gRPC's deadline is an instant. */
  const deadlineOf = ({ timeoutMs = callTimeoutMs }: CallOptions): grpc.CallOptions =>
    timeoutMs === Infinity ? {} : { deadline: clock.now() + timeoutMs };
  const client = new grpc.Client(`unix://${socket}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": messageBytesMax,
    // The runtime restarts within a second or two: do not sit out a long back-off.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
  });

  return {
    call: <T>(method: Method<T>, request: object, options: CallOptions = {}): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const call = client.makeUnaryRequest(
        method.path,
        codec.encoder(method.request),
        codec.decoder(method.response),
        request,
        metadata,
        deadlineOf(options),
        (error, value) => {
          ending?.[Symbol.dispose]();
          if (error) reject(runtimeErrorOf(error));
          else resolve(value as T);
        },
      );
      const { signal } = options;
      const ending = signal && whenAborted(signal, () => call.cancel());
      return promise;
    },

    stream: async function* <T>(method: Method<T>, request: object, signal: AbortSignal) {
      const call = client.makeServerStreamRequest(
        method.path,
        codec.encoder(method.request),
        codec.decoder(method.response),
        request,
        metadata,
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        for await (const message of call) yield message as T;
      } catch (error) {
        if (!signal.aborted) throw runtimeErrorOf(error as grpc.ServiceError);
      } finally {
        signal.removeEventListener("abort", cancel);
        call.cancel();
      }
    },

    [Symbol.dispose]: () => client.close(),
  };
}

const names: Readonly<Record<number, RuntimeErrorCode>> = {
  1: "Canceled",
  2: "Unknown",
  3: "InvalidArgument",
  4: "DeadlineExceeded",
  5: "NotFound",
  6: "AlreadyExists",
  7: "PermissionDenied",
  8: "ResourceExhausted",
  9: "FailedPrecondition",
  10: "Aborted",
  11: "OutOfRange",
  12: "Unimplemented",
  13: "Internal",
  14: "Unavailable",
  15: "DataLoss",
  16: "Unauthenticated",
};

const runtimeErrorOf = (error: grpc.ServiceError): RuntimeError =>
  new RuntimeError(names[error.code] ?? "Unknown", error.details || error.message);

interface Codec {
  readonly encoder: (type: string) => (message: object) => Buffer;
  readonly decoder: (type: string) => (bytes: Buffer) => object;
}

const asPlain = { longs: Number, enums: String, defaults: true } as const;

function codecOf(proto: string): Codec {
  const { root, package: scope } = protobuf.parse(proto);
  const types = new Map<string, protobuf.Type>();
  /** Looking a type up takes longer than encoding a small message. */
  const typeOf = (name: string): protobuf.Type => {
    const type = types.get(name) ?? root.lookupType(`${scope}.${name}`);
    types.set(name, type);
    return type;
  };
  return {
    encoder: (name) => {
      const type = typeOf(name);
      return (message) => Buffer.from(type.encode(type.fromObject(message)).finish());
    },
    decoder: (name) => {
      const type = typeOf(name);
      return (bytes) => type.toObject(type.decode(bytes), asPlain);
    },
  };
}

/** Decodes a message that came inside another one. */
export function decoderOf(proto: string, type: string): (bytes: Uint8Array) => object {
  const decode = codecOf(proto).decoder(type);
  return (bytes) => decode(Buffer.from(bytes));
}
