import { isReason } from "#api/errors.ts";
import { Service } from "#api/core/service.ts";
import { Ingress } from "#api/networking/ingress.ts";
import type { Session } from "../session.ts";
import { defineDescriber } from "./describer.ts";
import { endpointsText, slicesOf } from "./endpoint-texts.ts";
import { describeAnnotations, pairs } from "./metadata.ts";
import type { Page } from "./page.ts";

type Backend = NonNullable<Ingress["spec"]["defaultBackend"]>;

// exact: kubectl, the texts of this file
export const ingress = defineDescriber({
  kind: Ingress,

  async describe(page, object, { session }) {
    const { metadata, spec, status } = object;
    const { name = "", namespace = "" } = metadata;
    page.line(0, "Name:", name);
    page.list("Labels", pairs(metadata.labels));
    page.line(0, "Namespace:", namespace);
    const addresses = status.loadBalancer.ingress ?? [];
    page.line(0, "Address:", addresses.map(({ ip, hostname = "" }) => ip || hostname).join(","));
    page.line(0, "Ingress Class:", spec.ingressClassName ?? "<none>");
    const textOf = backendTexts(session, namespace);
    const fallback = spec.defaultBackend ? await textOf(spec.defaultBackend) : "<default>";
    page.line(0, "Default backend:", fallback);
    describeTls(page, spec.tls);
    await describeRules(page, object, { fallback, textOf });
    describeAnnotations(page, "Annotations", metadata.annotations);
  },
});

type TextOf = (backend: Backend) => Promise<string>;

async function describeRules(
  page: Page,
  { spec }: Ingress,
  { fallback, textOf }: { readonly fallback: string; readonly textOf: TextOf },
): Promise<void> {
  page.line(0, "Rules:");
  page.line(1, "Host", "Path", "Backends");
  page.line(1, "----", "----", "--------");
  const rules = (spec.rules ?? []).filter(({ http }) => http);
  for (const { host, http } of rules) {
    page.line(1, host || "*", "");
    for (const { path = "", backend } of http?.paths ?? [])
      page.line(2, "", `${path} `, await textOf(backend));
  }
  if (rules.length === 0) page.line(1, "*", "*", fallback);
}

function describeTls(page: Page, tls: Ingress["spec"]["tls"] = []): void {
  if (tls.length > 0) page.line(0, "TLS:");
  for (const { secretName, hosts = [] } of tls) {
    const names = hosts.join(",");
    page.line(1, secretName ? `${secretName} terminates ${names}` : `SNI routes ${names}`);
  }
}

const backendTexts =
  (session: Session, namespace: string): TextOf =>
  async ({ service, resource }) => {
    if (service) return serviceText(session, namespace, service);
    if (!resource) return "";
    const { apiGroup, kind, name } = resource;
    return `APIGroup: ${apiGroup ?? "<none>"}, Kind: ${kind}, Name: ${name}`;
  };

async function serviceText(
  session: Session,
  namespace: string,
  { name, port }: NonNullable<Backend["service"]>,
): Promise<string> {
  const text = `${name}:${port.name || (port.number ?? "")}`;
  try {
    const { spec } = await session.client.get(Service, { namespace, name });
    const target = (spec.ports ?? []).find(
      (one) => one.port === port.number || (port.name && one.name === port.name),
    );
    const slices = await slicesOf(session, { namespace, name });
    return `${text} (${endpointsText(slices, target?.name ?? "")})`;
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
    return `${text} (<error: ${cause.message}>)`;
  }
}
