import { labelsText } from "#api/columns.ts";
import { Service } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { defineDescriber } from "./describer.ts";
import { endpointsText, slicesOf } from "./endpoint-texts.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { orNone, type Page } from "./page.ts";

// exact: kubectl, the texts of this file
export const service = defineDescriber({
  kind: Service,

  async describe(page, object, { session }) {
    const { name = "", namespace = "" } = object.metadata;
    const slices = await slicesOf(session, { namespace, name });
    describeName(page, object);
    describeLabels(page, object);
    page.line(0, "Selector:", labelsText(object.spec.selector));
    page.line(0, "Type:", object.spec.type ?? "");
    describeAddresses(page, object);
    describePorts(page, object, slices);
    describePolicies(page, object);
  },
});

function describeAddresses(page: Page, { spec, status }: Service): void {
  page.optional(0, "IP Family Policy:", spec.ipFamilyPolicy);
  page.line(0, "IP Families:", orNone(spec.ipFamilies?.join(",")));
  page.line(0, "IP:", spec.clusterIP ?? "");
  page.line(0, "IPs:", orNone(spec.clusterIPs?.join(",")));
  page.optional(0, "External IPs:", spec.externalIPs?.join(","));
  page.optional(0, "Desired LoadBalancer IP:", spec.loadBalancerIP);
  page.optional(0, "External Name:", spec.externalName);
  const ingress = (status.loadBalancer.ingress ?? []).map(({ ip, ipMode, hostname = "" }) =>
    ip ? `${ip}${ipMode === undefined ? "" : ` (${ipMode})`}` : hostname,
  );
  page.optional(0, "LoadBalancer Ingress:", ingress.join(", "));
}

function describePorts(page: Page, { spec }: Service, slices: readonly EndpointSlice[]): void {
  for (const { name = "", port, protocol, targetPort, appProtocol, nodePort } of spec.ports ?? []) {
    const title = name || "<unset>";
    page.line(0, "Port:", title, `${port}/${protocol}`);
    page.line(0, "TargetPort:", `${targetPort}/${protocol}`);
    page.optional(0, "AppProtocol:", appProtocol);
    if (nodePort) page.line(0, "NodePort:", title, `${nodePort}/${protocol}`);
    page.line(0, "Endpoints:", endpointsText(slices, name));
  }
}

function describePolicies(page: Page, { spec }: Service): void {
  page.line(0, "Session Affinity:", spec.sessionAffinity ?? "");
  page.optional(0, "External Traffic Policy:", spec.externalTrafficPolicy);
  page.optional(0, "Internal Traffic Policy:", spec.internalTrafficPolicy);
  page.optional(0, "HealthCheck NodePort:", spec.healthCheckNodePort || undefined);
  page.optional(0, "LoadBalancer Source Ranges:", spec.loadBalancerSourceRanges?.join(","));
  page.optional(0, "Traffic Distribution:", spec.trafficDistribution);
}
