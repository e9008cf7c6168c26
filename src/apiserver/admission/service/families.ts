/**
 * The IP families of a service, made explicit: what is not said follows from its addresses and
 * from what the cluster has. upstream: pkg/registry/core/service/storage/alloc.go#initIPFamilyFields
 */
import { clusterIPsOf, isExternalName } from "#api/core/service-addresses.ts";
import { Service } from "#api/core/service.ts";
import { invalidObject } from "#api/errors.ts";
import { parseIp } from "#base/ip.ts";
import { type FieldError, index, invalid } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";

export type Family = "IPv4" | "IPv6";

export const familyOf = (ip: string): Family => (parseIp(ip)?.version === 6 ? "IPv6" : "IPv4");

type Spec = Draft<Service>["spec"];

/** Fills in clusterIPs from clusterIP (or the reverse), the families and their policy. */
export function setFamilies(
  service: Draft<Service>,
  old: Service | undefined,
  families: readonly Family[],
): void {
  const { spec } = service;
  if (isExternalName(service)) return;
  agree(spec);
  if (old && !isExternalName(old)) keepFamilies(spec, old);
  const isBare = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= defaultPolicy(spec, isBare);
  spec.ipFamilies = isBare ? bareFamilies(spec, families) : chosenFamilies(spec, families);
  const errors = isBare ? [] : [...problems(spec, families)];
  if (errors.length > 0) throw invalidObject(Service, service.metadata.name ?? "", errors);
}

/** clusterIP is the first of clusterIPs: whoever sets one of them means both. */
function agree(spec: Spec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}

/** Families go with the policy: who changes the policy gets them chosen anew. */
function keepFamilies(spec: Spec, { spec: old }: Service): void {
  spec.ipFamilyPolicy ??= old.ipFamilyPolicy;
  if (spec.ipFamilies?.length || !old.ipFamilies) return;
  const count = spec.ipFamilyPolicy === "SingleStack" ? 1 : old.ipFamilies.length;
  spec.ipFamilies = old.ipFamilies.slice(0, count);
}

/** Without a selector the endpoints may be of any family. */
function defaultPolicy({ clusterIPs = [], ipFamilies = [] }: Spec, isBare: boolean) {
  if (isBare || clusterIPs.length === 2 || ipFamilies.length === 2) return "RequireDualStack";
  return "SingleStack";
}

function bareFamilies(spec: Spec, families: readonly Family[]): Spec["ipFamilies"] {
  const chosen = spec.ipFamilies?.length ? spec.ipFamilies : [families[0] ?? "IPv4"];
  if (chosen.length === 2 || spec.ipFamilyPolicy === "SingleStack") return chosen;
  return [...chosen, chosen[0] === "IPv6" ? "IPv4" : "IPv6"];
}

function chosenFamilies(spec: Spec, families: readonly Family[]): Spec["ipFamilies"] {
  const asked = spec.ipFamilies ?? [];
  const implied = clusterIPsOf(spec as Service["spec"]).map(familyOf);
  const chosen = asked.length > 0 ? [...asked] : implied;
  if (chosen.length === 0) chosen.push(families[0] ?? "IPv4");
  if (spec.ipFamilyPolicy === "SingleStack") return chosen;
  const other = families.find((family) => !chosen.includes(family));
  return other && chosen.length === 1 ? [...chosen, other] : chosen;
}

function* problems(spec: Spec, families: readonly Family[]): Iterable<FieldError> {
  yield* policyProblems(spec, families);
  for (const [at, family] of (spec.ipFamilies ?? []).entries()) {
    if (!families.includes(family as Family))
      yield invalid(index("spec.ipFamilies", at), family, "not configured on this cluster");
  }
}

/** exact: apiserver */
function* policyProblems(spec: Spec, families: readonly Family[]): Iterable<FieldError> {
  const { ipFamilyPolicy: policy, ipFamilies = [], clusterIPs = [] } = spec;
  const path = "spec.ipFamilyPolicy";
  if (policy === "RequireDualStack" && families.length < 2)
    yield invalid(path, policy, "this cluster is not configured for dual-stack services");
  if (policy !== "SingleStack") return;
  const several = "must be RequireDualStack or PreferDualStack when multiple";
  if (clusterIPs.length === 2) yield invalid(path, policy, `${several} cluster IPs are specified`);
  else if (ipFamilies.length === 2)
    yield invalid(path, policy, `${several} IP families are specified`);
}
