import { notNegative } from "#api/names.ts";
import { type FieldError, forbidden, invalid } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NodeProxyOptions = s.struct("core/v1.NodeProxyOptions", {
  ...typeMeta,
  path: s.string(1, { doc: "What to ask for." }),
});

export interface NodeProxyOptions extends ValueOf<typeof NodeProxyOptions> {}

export const PodAttachOptions = s.struct("core/v1.PodAttachOptions", {
  ...typeMeta,
  stdin: s.boolean(1, { doc: "Send input." }),
  stdout: s.boolean(2, { doc: "Get output." }),
  stderr: s.boolean(3, { doc: "Get the output for errors." }),
  tty: s.boolean(4, { doc: "Through a terminal." }),
  container: s.string(5, { doc: "Which container; the only one unless said." }),
});

export interface PodAttachOptions extends ValueOf<typeof PodAttachOptions> {}

export const PodExecOptions = s.struct("core/v1.PodExecOptions", {
  ...typeMeta,
  stdin: s.boolean(1, { doc: "Send input." }),
  stdout: s.boolean(2, { doc: "Get output." }),
  stderr: s.boolean(3, { doc: "Get the output for errors." }),
  tty: s.boolean(4, { doc: "Through a terminal." }),
  container: s.string(5, { doc: "Which container; the only one unless said." }),
  command: s.list(6, "string", {
    doc: "What to run, and its arguments; not in a shell.",
    required: true,
    listType: "atomic",
  }),
});

export interface PodExecOptions extends ValueOf<typeof PodExecOptions> {}

export const PodLogOptions = s.struct(
  "core/v1.PodLogOptions",
  {
    ...typeMeta,
    container: s.string(1, { doc: "Which container; the only one unless said." }),
    follow: s.boolean(2, { doc: "Go on as it is written." }),
    previous: s.boolean(3, { doc: "Of the run before this one." }),
    sinceSeconds: s.int64(4, { doc: "Only what is not older than this.", optional: true }),
    sinceTime: s.time(5, { doc: "Only what was written since then.", optional: true }),
    timestamps: s.boolean(6, { doc: "Start each line with its time." }),
    tailLines: s.int64(7, { doc: "Only this many lines from the end.", optional: true }),
    limitBytes: s.int64(8, { doc: "Only this many bytes.", optional: true }),
    insecureSkipTLSVerifyBackend: s.boolean(9, {
      doc: "Whoever answers as the node is believed.",
    }),
    stream: s.string(10, { optional: true, gate: "PodLogsQuerySplitStreams" }),
  },
  { validate: (options): Iterable<FieldError> => validateLogOptions(options) },
);

export interface PodLogOptions extends ValueOf<typeof PodLogOptions> {}

interface LogOptionsParts {
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
}

/** upstream: pkg/apis/core/validation/validation.go#ValidatePodLogOptions */
function* validateLogOptions(options: LogOptionsParts): Iterable<FieldError> {
  const { sinceSeconds, sinceTime, tailLines, limitBytes } = options;
  if (tailLines !== undefined && tailLines < 0) yield invalid("tailLines", tailLines, notNegative);
  if (limitBytes !== undefined && limitBytes < 1) {
    yield invalid("limitBytes", limitBytes, "must be greater than 0");
  }
  if (sinceSeconds === undefined) return;
  if (sinceTime !== undefined) {
    yield forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified");
  } else if (sinceSeconds < 1) {
    yield invalid("sinceSeconds", sinceSeconds, "must be greater than 0");
  }
}

export const PodPortForwardOptions = s.struct("core/v1.PodPortForwardOptions", {
  ...typeMeta,
  ports: s.list(1, "int32", { doc: "Which ports.", listType: "atomic" }),
});

export interface PodPortForwardOptions extends ValueOf<typeof PodPortForwardOptions> {}

export const PodProxyOptions = s.struct("core/v1.PodProxyOptions", {
  ...typeMeta,
  path: s.string(1, { doc: "What to ask for." }),
});

export interface PodProxyOptions extends ValueOf<typeof PodProxyOptions> {}

export const ServiceProxyOptions = s.struct("core/v1.ServiceProxyOptions", {
  ...typeMeta,
  path: s.string(1, { doc: "What to ask for." }),
});

export interface ServiceProxyOptions extends ValueOf<typeof ServiceProxyOptions> {}
