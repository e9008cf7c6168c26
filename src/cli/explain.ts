/**
 * What went wrong, in the words that users of kubectl search for.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go#CheckErr
 */
import { ApiError } from "#api/errors.ts";
import { messageOf } from "#base/failure.ts";

/** Several things failed, each on its own: all of them are told. */
export class Failures extends Error {
  override readonly name = "Failures";
  readonly causes: readonly unknown[];

  constructor(causes: readonly unknown[]) {
    super(causes.map(messageOf).join("\n"));
    this.causes = causes;
  }
}

/** A failure that is already said: only the exit code is left. */
export class ExitCode extends Error {
  override readonly name = "ExitCode";
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** A program, here or in a container, ended with this code. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** The lines for stderr. `server` is for failures to reach it. */
export function explained(cause: unknown, server?: string): readonly string[] {
  if (cause instanceof Failures) return explainFailures(cause, server);
  if (cause instanceof ProgramFailed) return [cause.message];
  if (cause instanceof ApiError) return explainApiError(cause);
  const unreachable = connectionProblem(cause, server);
  if (unreachable !== undefined) return [unreachable];
  const message = messageOf(cause);
  return [/^error: /m.test(message) ? message : `error: ${message}`];
}

/** exact: kubectl. Of several, those that are no answers of the server stand as they are. */
function explainFailures({ causes }: Failures, server: string | undefined): readonly string[] {
  const isSingle = causes.length === 1;
  return causes.flatMap((cause) => {
    const lines = explained(cause, server);
    return isSingle ? lines : lines.map((line) => line.replace(/^error: /, ""));
  });
}

// exact: kubectl, the whole function
function explainApiError(error: ApiError): readonly string[] {
  if (error.reason === "Invalid") return explainInvalid(error);
  if (error.reason === "Unauthorized")
    return [`error: You must be logged in to the server (${error.message})`];
  return [`Error from server (${error.reason}): ${error.message}`];
}

// exact: kubectl, the whole function
function explainInvalid({ details, message }: ApiError): readonly string[] {
  const { kind = "", name = "", causes = [] } = details ?? {};
  if (!details) return [`The request is invalid: ${message}`];
  const isNamed = kind !== "" || name !== "";
  if (causes.length === 0)
    return [isNamed ? `The ${kind} "${name}" is invalid` : `The request is invalid: ${message}`];
  const head = isNamed ? `The ${kind} "${name}" is invalid: ` : "The request is invalid: ";
  const lines = causes.map(({ field = "", message: said = "" }) => `${field}: ${said}`);
  const unique = [...new Set(lines)].sort();
  return unique.length === 1
    ? [`${head}${unique[0]}`]
    : [head, ...unique.map((line) => `* ${line}`)];
}

/** A failure below HTTP, or undefined when it is something else. */
function connectionProblem(cause: unknown, server: string | undefined): string | undefined {
  const { code, message = "" } = (cause ?? {}) as { code?: unknown; message?: string };
  if (typeof code !== "string" || server === undefined) return undefined;
  const host = hostOf(server);
  // exact: kubectl
  if (code === "ECONNREFUSED")
    return `The connection to the server ${host} was refused - did you specify the right host or port?`;
  if (code === "ENOTFOUND")
    return `Unable to connect to the server: dial tcp: lookup ${host.replace(/:\d+$/, "")}: no such host`;
  if (!isConnectionCode(code)) return undefined;
  return `Unable to connect to the server: ${message || code}`;
}

/** Of sockets and of TLS; files have codes too. */
const isConnectionCode = (code: string): boolean =>
  /^(ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|EAI_|ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_)/.test(
    code,
  );

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server;
}
