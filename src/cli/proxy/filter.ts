/**
 * Which requests are let through: pages of the web must not act through a browser in the user's name.
 * upstream: staging/src/k8s.io/kubectl/pkg/proxy/proxy_server.go#FilterServer
 */

/** Regular expressions with commas between them. */
export interface FilterRules {
  readonly acceptPaths: string;
  readonly rejectPaths: string;
  readonly acceptHosts: string;
  readonly rejectMethods: string;
}

// exact: kubectl
export const defaultRules: FilterRules = {
  acceptPaths: "^.*",
  rejectPaths: "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach",
  acceptHosts: "^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$",
  rejectMethods: "^$",
};

export interface Asked {
  readonly method: string;
  /** Decoded, without what the proxy itself is reached by. */
  readonly path: string;
  /** As in the header: perhaps with a port. */
  readonly host: string;
}

export type Filter = (asked: Asked) => boolean;

export function filterOf(rules: FilterRules): Filter {
  const acceptsPath = matcherOf(rules.acceptPaths);
  const rejectsPath = matcherOf(rules.rejectPaths);
  const acceptsHost = matcherOf(rules.acceptHosts);
  const rejectsMethod = matcherOf(rules.rejectMethods);
  return ({ method, path, host }) =>
    !rejectsPath(path) &&
    !rejectsMethod(method) &&
    acceptsPath(path) &&
    namesOf(host).some(acceptsHost);
}

/** An address of IPv6 counts with its brackets and without them. */
function namesOf(host: string): readonly string[] {
  const [, name = host] = /^(\[.*\]|[^:]*):\d*$/.exec(host) ?? [];
  return name.startsWith("[") ? [name, name.slice(1, -1)] : [name];
}

function matcherOf(text: string): (value: string) => boolean {
  const patterns = text === "" ? [] : text.split(",").map(compiled);
  return (value) => patterns.some((pattern) => pattern.test(value));
}

function compiled(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (cause) {
    throw new Error(`Error compiling re: ${(cause as Error).message}`, { cause }); // exact: kubectl
  }
}
