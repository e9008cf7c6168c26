import { s, type ValueOf } from "#schema/struct.ts";

export const ExecAction = s.struct("core/v1.ExecAction", {
  command: s.list(1, "string", { listType: "atomic" }),
});

export interface ExecAction extends ValueOf<typeof ExecAction> {}

export const GRPCAction = s.struct("core/v1.GRPCAction", {
  port: s.int32(1, { required: true }),
  service: s.string(2, { always: true, nullable: true, default: "" }),
});

export interface GRPCAction extends ValueOf<typeof GRPCAction> {}

export const HTTPHeader = s.struct("core/v1.HTTPHeader", {
  name: s.string(1, { required: true }),
  value: s.string(2, { required: true }),
});

export interface HTTPHeader extends ValueOf<typeof HTTPHeader> {}

export const HTTPGetAction = s.struct("core/v1.HTTPGetAction", {
  path: s.string(1),
  port: s.intOrString(2, { required: true }),
  host: s.string(3),
  scheme: s.oneOf(4, ["HTTP", "HTTPS"]),
  httpHeaders: s.list(5, HTTPHeader, { listType: "atomic" }),
});

export interface HTTPGetAction extends ValueOf<typeof HTTPGetAction> {}

export const TCPSocketAction = s.struct("core/v1.TCPSocketAction", {
  port: s.intOrString(1, { required: true }),
  host: s.string(2),
});

export interface TCPSocketAction extends ValueOf<typeof TCPSocketAction> {}

export const SleepAction = s.struct("core/v1.SleepAction", {
  seconds: s.int64(1, { required: true }),
});

export interface SleepAction extends ValueOf<typeof SleepAction> {}

export const LifecycleHandler = s.struct("core/v1.LifecycleHandler", {
  exec: s.object(1, ExecAction, { optional: true }),
  httpGet: s.object(2, HTTPGetAction, { optional: true }),
  tcpSocket: s.object(3, TCPSocketAction, { optional: true, deprecated: true }),
  sleep: s.object(4, SleepAction, { optional: true }),
});

export interface LifecycleHandler extends ValueOf<typeof LifecycleHandler> {}

export const Lifecycle = s.struct("core/v1.Lifecycle", {
  postStart: s.object(1, LifecycleHandler, { optional: true }),
  preStop: s.object(2, LifecycleHandler, { optional: true }),
  stopSignal: s.oneOf(
    3,
    [
      "SIGABRT",
      "SIGALRM",
      "SIGBUS",
      "SIGCHLD",
      "SIGCLD",
      "SIGCONT",
      "SIGFPE",
      "SIGHUP",
      "SIGILL",
      "SIGINT",
      "SIGIO",
      "SIGIOT",
      "SIGKILL",
      "SIGPIPE",
      "SIGPOLL",
      "SIGPROF",
      "SIGPWR",
      "SIGQUIT",
      "SIGRTMAX",
      "SIGRTMAX-1",
      "SIGRTMAX-10",
      "SIGRTMAX-11",
      "SIGRTMAX-12",
      "SIGRTMAX-13",
      "SIGRTMAX-14",
      "SIGRTMAX-2",
      "SIGRTMAX-3",
      "SIGRTMAX-4",
      "SIGRTMAX-5",
      "SIGRTMAX-6",
      "SIGRTMAX-7",
      "SIGRTMAX-8",
      "SIGRTMAX-9",
      "SIGRTMIN",
      "SIGRTMIN+1",
      "SIGRTMIN+10",
      "SIGRTMIN+11",
      "SIGRTMIN+12",
      "SIGRTMIN+13",
      "SIGRTMIN+14",
      "SIGRTMIN+15",
      "SIGRTMIN+2",
      "SIGRTMIN+3",
      "SIGRTMIN+4",
      "SIGRTMIN+5",
      "SIGRTMIN+6",
      "SIGRTMIN+7",
      "SIGRTMIN+8",
      "SIGRTMIN+9",
      "SIGSEGV",
      "SIGSTKFLT",
      "SIGSTOP",
      "SIGSYS",
      "SIGTERM",
      "SIGTRAP",
      "SIGTSTP",
      "SIGTTIN",
      "SIGTTOU",
      "SIGURG",
      "SIGUSR1",
      "SIGUSR2",
      "SIGVTALRM",
      "SIGWINCH",
      "SIGXCPU",
      "SIGXFSZ",
    ],
    { optional: true },
  ),
});

export interface Lifecycle extends ValueOf<typeof Lifecycle> {}

export const ProbeHandler = s.struct("core/v1.ProbeHandler", {
  exec: s.object(1, ExecAction, { optional: true }),
  httpGet: s.object(2, HTTPGetAction, { optional: true }),
  tcpSocket: s.object(3, TCPSocketAction, { optional: true }),
  grpc: s.object(4, GRPCAction, { optional: true }),
});

export interface ProbeHandler extends ValueOf<typeof ProbeHandler> {}

export const Probe = s.struct("core/v1.Probe", {
  handler: s.inline(1, ProbeHandler, { protoName: "handler" }),
  initialDelaySeconds: s.int32(2),
  timeoutSeconds: s.int32(3),
  periodSeconds: s.int32(4),
  successThreshold: s.int32(5),
  failureThreshold: s.int32(6),
  terminationGracePeriodSeconds: s.int64(7, { optional: true }),
});

export interface Probe extends ValueOf<typeof Probe> {}
