/** upstream: pkg/apis/networking/validation/validation.go#ValidateIngressSpec */
import { validIP } from "#api/ip-rules.ts";
import { requiredText } from "#api/field-rules.ts";
import {
  dnsLabel,
  dnsSubdomain,
  invalidEach,
  pathSegmentName,
  portName,
  portNumber,
  wildcardDnsSubdomain,
} from "#api/names.ts";
import { parseIp } from "#base/ip.ts";
import { child, type FieldError, index, invalid, required } from "#schema/field-error.ts";
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from "./ingress.ts";

export function* validIngressSpec(spec: IngressSpec): Iterable<FieldError> {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && !defaultBackend) {
    yield invalid(
      "spec",
      spec.rules ?? null,
      "either `defaultBackend` or `rules` must be specified",
    );
  }
  if (defaultBackend) yield* validBackend(defaultBackend, "spec.defaultBackend");
  for (const [at, rule] of rules.entries()) yield* validRule(rule, index("spec.rules", at));
  for (const [at, entry] of tls.entries()) yield* validTls(entry, index("spec.tls", at));
  if (ingressClassName !== undefined) {
    yield* invalidEach("spec.ingressClassName", ingressClassName, dnsSubdomain(ingressClassName));
  }
}

function* validRule({ host, http }: IngressRule, at: string): Iterable<FieldError> {
  if (host) {
    const path = child(at, "host");
    if (parseIp(host)) yield invalid(path, host, "must be a DNS name, not an IP address");
    yield* validHost(path, host);
  }
  if (!http) return;
  const pathsAt = child(child(at, "http"), "paths");
  if (http.paths.length === 0) yield required(pathsAt);
  for (const [i, path] of http.paths.entries()) {
    yield* validPath(path, index(pathsAt, i));
    // Without a type, the rest of the path is not looked at.
    if (path.pathType !== null) {
      yield* validBackend(path.backend, child(index(pathsAt, i), "backend"));
    }
  }
}

const validHost = (path: string, host: string): Iterable<FieldError> =>
  invalidEach(path, host, (host.includes("*") ? wildcardDnsSubdomain : dnsSubdomain)(host));

function* validTls({ hosts = [], secretName }: IngressTLS, at: string): Iterable<FieldError> {
  for (const [i, host] of hosts.entries()) yield* validHost(index(child(at, "hosts"), i), host);
  if (secretName) yield* invalidEach(child(at, "secretName"), secretName, dnsSubdomain(secretName));
}

const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEnds = ["/..", "/."];

function* validPath({ path = "", pathType }: HTTPIngressPath, at: string): Iterable<FieldError> {
  if (pathType === null) {
    yield required(child(at, "pathType"), "pathType must be specified");
    return;
  }
  const here = child(at, "path");
  const isLoose = pathType === "ImplementationSpecific";
  if (!path.startsWith("/") && !(isLoose && path === "")) {
    yield invalid(here, path, "must be an absolute path");
  }
  if (isLoose) return;
  for (const sequence of badSequences) {
    if (path.includes(sequence)) yield invalid(here, path, `must not contain '${sequence}'`);
  }
  for (const end of badEnds) {
    if (path.endsWith(end)) yield invalid(here, path, `cannot end with '${end}'`);
  }
}

function* validBackend({ service, resource }: IngressBackend, at: string): Iterable<FieldError> {
  if (service && resource) {
    yield invalid(at, "", "cannot set both resource and service backends");
  } else if (service) {
    yield* validService(service, at);
  } else if (resource) {
    const path = child(at, "resource");
    const { apiGroup, kind, name } = resource;
    if (typeof apiGroup === "string") {
      yield* invalidEach(child(path, "apiGroup"), apiGroup, dnsSubdomain(apiGroup));
    }
    yield* requiredText(child(path, "kind"), kind, segment);
    yield* requiredText(child(path, "name"), name, segment);
  } else {
    yield invalid(at, "", "resource or service backend is required");
  }
}

const segment = (text: string): readonly string[] => pathSegmentName(text, false);

function* validService({ name, port }: IngressServiceBackend, at: string): Iterable<FieldError> {
  const path = child(at, "service");
  yield* requiredText(child(path, "name"), name, dnsLabel);
  const portPath = child(path, "port");
  if (port.name && port.number) {
    yield invalid(at, "", "cannot set both port name & port number");
  } else if (port.name) {
    yield* invalidEach(child(portPath, "name"), port.name, portName(port.name));
  } else if (port.number) {
    yield* invalidEach(child(portPath, "number"), port.number, portNumber(port.number));
  } else {
    yield required(at, "port name or number is required");
  }
}

export function* validLoadBalancerIngress(
  ingress: readonly IngressLoadBalancerIngress[] | undefined,
): Iterable<FieldError> {
  for (const [at, { ip, hostname }] of (ingress ?? []).entries()) {
    const path = index("status.loadBalancer.ingress", at);
    if (ip) yield* validIP(child(path, "ip"), ip);
    if (!hostname) continue;
    const here = child(path, "hostname");
    yield* invalidEach(here, hostname, dnsSubdomain(hostname));
    if (parseIp(hostname)) yield invalid(here, hostname, "must be a DNS name, not an IP address");
  }
}
