/**
 * Rules for probes and lifecycle handlers.
 * upstream: pkg/apis/core/validation/validation.go#validateProbe, #validateHandler
 */
import { nonNegativeFields } from "#api/field-rules.ts";
import { httpHeaderName, invalidEach, portName, portNumber } from "#api/names.ts";
import { type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  ProbeHandler,
  TCPSocketAction,
} from "./probe.ts";

export function* validateExec({ command = [] }: ExecAction, at: string): Iterable<FieldError> {
  if (command.length === 0) yield required(`${at}.command`);
}

export function* validateHttpGet(action: HTTPGetAction, at: string): Iterable<FieldError> {
  if (!action.path) yield required(`${at}.path`);
  yield* validatePort(action.port, `${at}.port`);
  for (const { name } of action.httpHeaders ?? []) {
    yield* invalidEach(`${at}.httpHeaders`, name, httpHeaderName(name));
  }
}

export const validateTcpSocket = ({ port }: TCPSocketAction, at: string): Iterable<FieldError> =>
  validatePort(port, `${at}.port`);

export const validateGrpc = ({ port }: GRPCAction, at: string): Iterable<FieldError> =>
  validatePort(port, `${at}.port`);

/** A port by number or by name. */
export const validatePort = (port: number | string, path: string): readonly FieldError[] =>
  invalidEach(path, port, typeof port === "number" ? portNumber(port) : portName(port));

type Handler = LifecycleHandler & Pick<ProbeHandler, "grpc">;

const handlers = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

export function* validateLifecycleHandler(handler: Handler, at: string): Iterable<FieldError> {
  const set = handlers.filter((name) => handler[name] !== undefined);
  if (set.length === 0) yield required(at, "must specify a handler type");
  for (const name of set.slice(1)) {
    yield forbidden(`${at}.${name}`, "may not specify more than 1 handler type");
  }
}

const counts = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

export function* validateProbe(probe: Probe, at: string): Iterable<FieldError> {
  yield* validateLifecycleHandler(probe, at);
  yield* nonNegativeFields(at, probe, counts);
  const { terminationGracePeriodSeconds: grace } = probe;
  if (grace !== undefined && grace <= 0) {
    yield invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0");
  }
}
