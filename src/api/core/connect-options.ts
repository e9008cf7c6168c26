import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NodeProxyOptions = s.struct("core/v1.NodeProxyOptions", {
  ...typeMeta,
  path: s.string(1),
});

export interface NodeProxyOptions extends ValueOf<typeof NodeProxyOptions> {}

export const PodAttachOptions = s.struct("core/v1.PodAttachOptions", {
  ...typeMeta,
  stdin: s.boolean(1),
  stdout: s.boolean(2),
  stderr: s.boolean(3),
  tty: s.boolean(4),
  container: s.string(5),
});

export interface PodAttachOptions extends ValueOf<typeof PodAttachOptions> {}

export const PodExecOptions = s.struct("core/v1.PodExecOptions", {
  ...typeMeta,
  stdin: s.boolean(1),
  stdout: s.boolean(2),
  stderr: s.boolean(3),
  tty: s.boolean(4),
  container: s.string(5),
  command: s.list(6, "string", { required: true, listType: "atomic" }),
});

export interface PodExecOptions extends ValueOf<typeof PodExecOptions> {}

export const PodLogOptions = s.struct("core/v1.PodLogOptions", {
  ...typeMeta,
  container: s.string(1),
  follow: s.boolean(2),
  previous: s.boolean(3),
  sinceSeconds: s.int64(4, { optional: true }),
  sinceTime: s.time(5, { optional: true }),
  timestamps: s.boolean(6),
  tailLines: s.int64(7, { optional: true }),
  limitBytes: s.int64(8, { optional: true }),
  insecureSkipTLSVerifyBackend: s.boolean(9),
  stream: s.string(10, { optional: true, gate: "PodLogsQuerySplitStreams" }),
});

export interface PodLogOptions extends ValueOf<typeof PodLogOptions> {}

export const PodPortForwardOptions = s.struct("core/v1.PodPortForwardOptions", {
  ...typeMeta,
  ports: s.list(1, "int32", { listType: "atomic" }),
});

export interface PodPortForwardOptions extends ValueOf<typeof PodPortForwardOptions> {}

export const PodProxyOptions = s.struct("core/v1.PodProxyOptions", {
  ...typeMeta,
  path: s.string(1),
});

export interface PodProxyOptions extends ValueOf<typeof PodProxyOptions> {}

export const ServiceProxyOptions = s.struct("core/v1.ServiceProxyOptions", {
  ...typeMeta,
  path: s.string(1),
});

export interface ServiceProxyOptions extends ValueOf<typeof ServiceProxyOptions> {}
