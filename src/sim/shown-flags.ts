/** What a control plane is started with, by the names of upstream's flags: what `/flagz` shows. */
import type { FeatureGates } from "#api/feature-gates.ts";

export interface Started {
  readonly address: { readonly host: string; readonly port: number };
  readonly serviceCidr: string;
  readonly clusterDomain: string;
  readonly gates?: FeatureGates | undefined;
  /** Said by the user; no secrets. */
  readonly flags?: Readonly<Record<string, string>>;
}

export const shownFlags = ({
  address,
  serviceCidr,
  clusterDomain,
  gates,
  flags,
}: Started): Readonly<Record<string, string>> => ({
  "advertise-address": address.host,
  "secure-port": String(address.port),
  "service-cluster-ip-range": serviceCidr,
  "service-account-issuer": issuerOf(clusterDomain),
  "feature-gates": gates?.text() ?? "",
  ...flags,
});

/** Of service account tokens. */
export const issuerOf = (clusterDomain: string): string =>
  `https://kubernetes.default.svc.${clusterDomain}`;
