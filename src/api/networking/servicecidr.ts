import { validCanonicalCIDR } from "#api/ip-rules.ts";
import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import { immutableField } from "#api/names.ts";
import { parseCidr } from "#base/ip.ts";
import { type FieldError, index, invalid, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const path = "spec.cidrs";

export const ServiceCIDRSpec = s.struct("networking/v1.ServiceCIDRSpec", {
  cidrs: s.list(1, "string", {
    listType: "atomic",
    doc: "One range of addresses, or one of each IP family. A second may be added later.",
  }),
});

export interface ServiceCIDRSpec extends ValueOf<typeof ServiceCIDRSpec> {}

export const ServiceCIDRStatus = s.struct("networking/v1.ServiceCIDRStatus", {
  conditions: s.list(1, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ServiceCIDRStatus extends ValueOf<typeof ServiceCIDRStatus> {}

/** upstream: pkg/apis/networking/validation/validation.go#ValidateServiceCIDR */
export const ServiceCIDR = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  scope: "Cluster",
  doc: "A range that services get their cluster addresses from.",
  storage: { prefix: "/registry/servicecidrs", hash: "gNLvruQhW2g=" },
  schema: s.struct("networking/v1.ServiceCIDR", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ServiceCIDRSpec),
    status: s.object(3, ServiceCIDRStatus),
  }),
  status: { keeps: describing },

  *validate({ spec }) {
    const { cidrs = [] } = spec;
    if (cidrs.length === 0) {
      yield required(path, "at least one CIDR required");
    } else if (cidrs.length > 2) {
      yield invalid(path, spec, "may only hold up to 2 values");
    } else {
      yield* validRanges(cidrs);
    }
  },

  *validateUpdate({ spec: { cidrs = [] } }, { spec: { cidrs: old = [] } }) {
    const isGrown = old.length === 1 && cidrs.length === 2;
    if (cidrs.length !== old.length && !isGrown) {
      yield invalid(path, cidrs, immutableField);
      return;
    }
    for (const [at, cidr] of old.entries()) {
      if (cidrs[at] !== cidr) yield invalid(index(path, at), cidrs[at], immutableField);
    }
  },

  columns: [
    nameColumn,
    { name: "CIDRs", type: "string", cell: ({ spec }) => (spec.cidrs ?? []).join(",") },
    ageColumn,
  ],
});

export interface ServiceCIDR extends ObjectOf<typeof ServiceCIDR> {}

function* validRanges(cidrs: readonly string[]): Iterable<FieldError> {
  for (const [at, cidr] of cidrs.entries()) yield* validCanonicalCIDR(index(path, at), cidr);
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.version);
  if (first !== undefined && first === second) {
    yield invalid(
      path,
      cidrs,
      "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64",
    );
  }
}
