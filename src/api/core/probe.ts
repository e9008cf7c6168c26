import {
  validateExec,
  validateGrpc,
  validateHttpGet,
  validateLifecycleHandler,
  validateProbe,
  validateTcpSocket,
} from "./probe-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";
import { stopSignals } from "./stop-signals.ts";

export const ExecAction = s.struct(
  "core/v1.ExecAction",
  {
    command: s.list(1, "string", {
      doc: "The command and its arguments; no shell is involved.",
      listType: "atomic",
    }),
  },
  {
    doc: "Runs a command in the container; exit code 0 is success.",
    validate: (value, at): Iterable<FieldError> => validateExec(value, at),
  },
);

export interface ExecAction extends ValueOf<typeof ExecAction> {}

export const GRPCAction = s.struct(
  "core/v1.GRPCAction",
  {
    port: s.int32(1, { doc: "Port of the health service.", required: true }),
    service: s.string(2, {
      doc: "Name of the service that it is asked for.",
      always: true,
      nullable: true,
      default: "",
    }),
  },
  {
    doc: "Asks the gRPC health service.",
    validate: (value, at): Iterable<FieldError> => validateGrpc(value, at),
  },
);

export interface GRPCAction extends ValueOf<typeof GRPCAction> {}

export const HTTPHeader = s.struct("core/v1.HTTPHeader", {
  name: s.string(1, { doc: "Name of the header.", required: true }),
  value: s.string(2, { doc: "Its value.", required: true }),
});

export interface HTTPHeader extends ValueOf<typeof HTTPHeader> {}

export const HTTPGetAction = s.struct(
  "core/v1.HTTPGetAction",
  {
    path: s.string(1, { doc: "Path of the request. / when unset." }),
    port: s.intOrString(2, { doc: "Number or name of the container's port.", required: true }),
    host: s.string(3, { doc: "Host to connect to; the pod's address when unset." }),
    scheme: s.oneOf(4, ["HTTP", "HTTPS"], { doc: "HTTP or HTTPS." }),
    httpHeaders: s.list(5, HTTPHeader, { doc: "Headers to send.", listType: "atomic" }),
  },
  {
    doc: "Sends a GET; a status from 200 to 399 is success.",
    defaults(draft): void {
      draft.path ||= "/";
      draft.scheme ||= "HTTP";
    },
    validate: (value, at): Iterable<FieldError> => validateHttpGet(value, at),
  },
);

export interface HTTPGetAction extends ValueOf<typeof HTTPGetAction> {}

export const TCPSocketAction = s.struct(
  "core/v1.TCPSocketAction",
  {
    port: s.intOrString(1, { doc: "Number or name of the container's port.", required: true }),
    host: s.string(2, { doc: "Host to connect to; the pod's address when unset." }),
  },
  {
    doc: "Opens a connection; that it opens is success.",
    validate: (value, at): Iterable<FieldError> => validateTcpSocket(value, at),
  },
);

export interface TCPSocketAction extends ValueOf<typeof TCPSocketAction> {}

export const SleepAction = s.struct(
  "core/v1.SleepAction",
  {
    seconds: s.int64(1, { doc: "How long.", required: true }),
  },
  { doc: "Waits for a while." },
);

export interface SleepAction extends ValueOf<typeof SleepAction> {}

export const LifecycleHandler = s.struct(
  "core/v1.LifecycleHandler",
  {
    exec: s.object(1, ExecAction, { doc: "A command to run.", optional: true }),
    httpGet: s.object(2, HTTPGetAction, { doc: "A request to make.", optional: true }),
    tcpSocket: s.object(3, TCPSocketAction, { doc: "Unused.", optional: true, deprecated: true }),
    sleep: s.object(4, SleepAction, { doc: "Time to wait.", optional: true }),
  },
  {
    doc: "Something to do at a turning point of a container; exactly one of its fields is set.",
    validate: (value, at): Iterable<FieldError> => validateLifecycleHandler(value, at),
  },
);

export interface LifecycleHandler extends ValueOf<typeof LifecycleHandler> {}

export const Lifecycle = s.struct(
  "core/v1.Lifecycle",
  {
    postStart: s.object(1, LifecycleHandler, {
      doc: "Runs right after the container was created; when it fails, the container is killed.",
      optional: true,
    }),
    preStop: s.object(2, LifecycleHandler, {
      doc: "Runs before the container is stopped; the grace period goes on meanwhile.",
      optional: true,
    }),
    stopSignal: s.oneOf(3, stopSignals, {
      gate: "ContainerStopSignals",
      doc: "The signal that asks the container to stop.",
      optional: true,
    }),
  },
  { doc: "What to do right after a container started and right before it is stopped." },
);

export interface Lifecycle extends ValueOf<typeof Lifecycle> {}

export const ProbeHandler = s.struct("core/v1.ProbeHandler", {
  exec: s.object(1, ExecAction, { doc: "A command that must end well.", optional: true }),
  httpGet: s.object(2, HTTPGetAction, {
    doc: "A request that must be answered with success.",
    optional: true,
  }),
  tcpSocket: s.object(3, TCPSocketAction, { doc: "A port that must be open.", optional: true }),
  grpc: s.object(4, GRPCAction, {
    doc: "A health service that must say it serves.",
    optional: true,
  }),
});

export interface ProbeHandler extends ValueOf<typeof ProbeHandler> {}

export const Probe = s.struct(
  "core/v1.Probe",
  {
    handler: s.inline(1, ProbeHandler, { protoName: "handler" }),
    initialDelaySeconds: s.int32(2, {
      doc: "Seconds after the start of the container before the first check.",
    }),
    timeoutSeconds: s.int32(3, {
      doc: "Seconds after which a check counts as failed. 1 when unset.",
    }),
    periodSeconds: s.int32(4, { doc: "Seconds between checks. 10 when unset." }),
    successThreshold: s.int32(5, {
      doc: "How many successes in a row make it succeed after a failure. 1 when unset.",
    }),
    failureThreshold: s.int32(6, { doc: "How many failures in a row make it fail. 3 when unset." }),
    terminationGracePeriodSeconds: s.int64(7, {
      doc: "Seconds to stop in when this check fails; the pod's own when unset.",
      optional: true,
    }),
  },
  {
    doc: "A check that the kubelet makes of a container again and again; exactly one way of checking is set.",
    defaults(draft): void {
      draft.timeoutSeconds ||= 1;
      draft.periodSeconds ||= 10;
      draft.successThreshold ||= 1;
      draft.failureThreshold ||= 3;
    },
    validate: (value, at): Iterable<FieldError> => validateProbe(value, at),
  },
);

export interface Probe extends ValueOf<typeof Probe> {}
