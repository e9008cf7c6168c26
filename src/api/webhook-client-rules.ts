/**
 * How webhooks are reached: for admission and for the conversion of custom resources.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go
 */
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import { dnsSubdomain, portNumber } from "./names.ts";

interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

interface WebhookClientConfig {
  readonly url?: string | undefined;
  readonly service?: ServiceReference | undefined;
}

export function* validWebhookClient(
  { url, service }: WebhookClientConfig,
  at: string,
): Iterable<FieldError> {
  if ((url === undefined) === (service === undefined)) {
    yield required(at, "exactly one of url or service is required");
  } else if (url !== undefined) yield* validUrl(url, child(at, "url"));
  else if (service) yield* validService(service, child(at, "service"));
}

const form = "; desired format: https://host[/path]";

function* validUrl(text: string, at: string): Iterable<FieldError> {
  const { scheme, host, user, fragment, query } = partsOf(text);
  if (scheme !== "https") {
    yield invalid(at, scheme, `'https' is the only allowed URL scheme${form}`);
  }
  if (host === "") yield invalid(at, host, `host must be specified${form}`);
  if (user !== undefined) yield invalid(at, user, "user information is not permitted in the URL");
  if (fragment) yield invalid(at, fragment, "fragments are not permitted in the URL");
  if (query) yield invalid(at, query, "query parameters are not permitted in the URL");
}

/** As Go's net/url divides it: nothing is left out or made up. */
function partsOf(text: string) {
  const [whole = "", fragment] = splitOnce(text, "#");
  const [address = "", query] = splitOnce(whole, "?");
  const scheme = /^([A-Za-z][-A-Za-z0-9+.]*):/.exec(address)?.[1] ?? "";
  const authority = /^(?:[^/]*:)?\/\/([^/]*)/.exec(address)?.[1] ?? "";
  const [host, user] = splitOnce(authority, "@").toReversed();
  return { scheme: scheme.toLowerCase(), host, user, fragment, query };
}

/** At the first separator, if there is any. */
function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function* validService(
  { name, namespace, port = 0, path }: ServiceReference,
  at: string,
): Iterable<FieldError> {
  if (name === "") yield required(child(at, "name"), "service name is required");
  if (namespace === "") yield required(child(at, "namespace"), "service namespace is required");
  const problems = portNumber(port);
  if (problems.length > 0) {
    yield invalid(child(at, "port"), port, `port is not valid: ${problems.join(", ")}`);
  }
  for (const problem of pathProblems(path ?? "")) yield invalid(child(at, "path"), path, problem);
}

function* pathProblems(path: string): Iterable<string> {
  if (path === "" || path === "/") return;
  if (!path.startsWith("/")) yield "must start with a '/'";
  const steps = path.slice(1, path.endsWith("/") ? -1 : undefined).split("/");
  for (const [i, step] of steps.entries()) {
    if (step === "") yield `segment[${i}] may not be empty`;
    else for (const problem of dnsSubdomain(step)) yield `segment[${i}]: ${problem}`;
  }
}
