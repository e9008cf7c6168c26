import { validCanonicalIP } from "#api/ip-rules.ts";
import { nameColumn } from "#api/columns.ts";
import { immutable, requiredText } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsSubdomain, invalidEach, pathSegmentName } from "#api/names.ts";
import { child, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const segment = (text: string): readonly string[] => pathSegmentName(text, false);

export const ParentReference = s.struct(
  "networking/v1.ParentReference",
  {
    group: s.string(1),
    resource: s.string(2, { required: true, omitEmpty: true }),
    namespace: s.string(3),
    name: s.string(4, { required: true, omitEmpty: true }),
  },
  {
    *validate({ group, resource, name, namespace }, at) {
      if (group) yield* invalidEach(child(at, "group"), group, dnsSubdomain(group));
      yield* requiredText(child(at, "resource"), resource, segment);
      yield* requiredText(child(at, "name"), name, segment);
      if (namespace) yield* invalidEach(child(at, "namespace"), namespace, segment(namespace));
    },
  },
);

export interface ParentReference extends ValueOf<typeof ParentReference> {}

export const IPAddressSpec = s.struct("networking/v1.IPAddressSpec", {
  parentRef: s.object(1, ParentReference, {
    required: true,
    optional: true,
    doc: "What has the address: a service. It cannot be changed.",
  }),
});

export interface IPAddressSpec extends ValueOf<typeof IPAddressSpec> {}

/** upstream: pkg/apis/networking/validation/validation.go#ValidateIPAddress */
export const IPAddress = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  shortNames: ["ip"],
  scope: "Cluster",
  doc: "One address of the cluster's services, taken by the object it is named after. The name is the address.",
  storage: { prefix: "/registry/ipaddresses", hash: "3f/plJFChNE=" },
  nameRule: (name) => [...validCanonicalIP("", name)].map(({ message }) => detailOf(message, name)),
  schema: s.struct("networking/v1.IPAddress", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IPAddressSpec, { required: true }),
  }),

  *validate({ spec }) {
    if (!spec.parentRef) yield required("spec.parentRef");
  },

  *validateUpdate({ spec }, old) {
    yield* immutable("spec.parentRef", spec.parentRef, old.spec.parentRef);
  },

  columns: [
    nameColumn,
    {
      name: "ParentRef",
      type: "string",
      cell: ({ spec: { parentRef } }) => (parentRef ? parentText(parentRef) : "<none>"),
    },
  ],
});

export interface IPAddress extends ObjectOf<typeof IPAddress> {}

/** What the error says after the value: the name rule is asked for that alone. */
const detailOf = (message: string, name: string): string =>
  message.slice(`Invalid value: ${JSON.stringify(name)}: `.length);

function parentText({ group, resource, namespace, name }: ParentReference): string {
  const place = namespace ? `/${namespace}` : "";
  return `${resource}${group ? `.${group}` : ""}${place}/${name}`.toLowerCase();
}
