/** The standard health check of gRPC servers. */
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { hostPort } from "#base/ip.ts";
import type { Clock } from "#base/clock.ts";
import type { GrpcHealth } from "../ports.ts";

const proto = `
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}`;

const { root } = protobuf.parse(proto);
const requestType = root.lookupType("grpc.health.v1.HealthCheckRequest");
const responseType = root.lookupType("grpc.health.v1.HealthCheckResponse");

/** Fails in the words that a kubelet's users know. upstream: pkg/probe/grpc/grpc.go */
export const grpcHealth =
  (clock: Clock): GrpcHealth =>
  async ({ host, port, service, timeoutMs }) => {
    const address = hostPort(host, port);
    const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
      "grpc.primary_user_agent": "kube-probe/1.36",
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      (message: object) =>
        Buffer.from(requestType.encode(requestType.fromObject(message)).finish()),
      (bytes: Buffer) =>
        responseType.toObject(responseType.decode(bytes), { enums: String, defaults: true }),
      { service },
      new grpc.Metadata(),
      { deadline: clock.now() + timeoutMs },
      (error, answer) => {
        if (error) reject(new Error(messageOf(error, address, timeoutMs), { cause: error }));
        else resolve((answer as { status: string }).status);
      },
    );
    try {
      return await promise;
    } finally {
      client.close();
    }
  };

function messageOf(error: grpc.ServiceError, address: string, timeoutMs: number): string {
  const { code, details } = error;
  if (code === grpc.status.UNIMPLEMENTED)
    return `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${details}`;
  if (code === grpc.status.DEADLINE_EXCEEDED || code === grpc.status.UNAVAILABLE)
    return `timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1_000}s: ${details}`;
  return `rpc error: code = ${grpc.status[code]} desc = ${details}`;
}
