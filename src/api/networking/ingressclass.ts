import { ageColumn } from "#api/columns.ts";
import { classNameColumn } from "#api/default-class.ts";
import { domainPrefixedPath, immutable, notLonger, requiredText } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsSubdomain, invalidEach, namespaceName, pathSegmentName } from "#api/names.ts";
import { child, type FieldError, forbidden, notSupported, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

/** Marks the class of ingresses that name none. */
export const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";
const controllerBytesMax = 250;

/** upstream: pkg/apis/networking/validation/validation.go#validateIngressClassParametersReference */
export const IngressClassParametersReference = s.struct(
  "networking/v1.IngressClassParametersReference",
  {
    apiGroup: s.string(1, { optional: true, protoName: "aPIGroup" }),
    kind: s.string(2, { required: true }),
    name: s.string(3, { required: true }),
    scope: s.string(4, { always: true, nullable: true, doc: "Cluster or Namespace." }),
    namespace: s.string(5, { optional: true }),
  },
  {
    defaults(draft) {
      draft.scope ??= "Cluster";
    },
    *validate({ apiGroup, kind, name, scope, namespace }, at) {
      if (apiGroup !== undefined) {
        yield* invalidEach(child(at, "apiGroup"), apiGroup, dnsSubdomain(apiGroup));
      }
      yield* requiredText(child(at, "kind"), kind, segment);
      yield* requiredText(child(at, "name"), name, segment);
      yield* validScope(at, scope, namespace);
    },
  },
);

export interface IngressClassParametersReference extends ValueOf<
  typeof IngressClassParametersReference
> {}

const segment = (text: string): readonly string[] => pathSegmentName(text, false);

function* validScope(
  at: string,
  scope: string | null,
  namespace: string | undefined,
): Iterable<FieldError> {
  const path = child(at, "namespace");
  switch (scope) {
    case null:
      yield required(child(at, "scope"));
      return;
    case "Namespace":
      if (namespace === undefined) {
        yield required(path, "`parameters.scope` is set to 'Namespace'");
      } else {
        yield* invalidEach(path, namespace, namespaceName(namespace, false));
      }
      return;
    case "Cluster":
      if (namespace !== undefined) {
        yield forbidden(path, "`parameters.scope` is set to 'Cluster'");
      }
      return;
    default:
      yield notSupported(child(at, "scope"), scope, ["Cluster", "Namespace"]);
  }
}

export const IngressClassSpec = s.struct(
  "networking/v1.IngressClassSpec",
  {
    controller: s.string(1, {
      doc: "The controller that serves ingresses of the class, as in `acme.io/ingress`. It cannot be changed.",
    }),
    parameters: s.object(2, IngressClassParametersReference, {
      optional: true,
      doc: "An object with further settings for the controller.",
    }),
  },
  {
    *validate({ controller }, at) {
      yield* notLonger(child(at, "controller"), controller, controllerBytesMax);
      yield* domainPrefixedPath(child(at, "controller"), controller ?? "");
    },
  },
);

export interface IngressClassSpec extends ValueOf<typeof IngressClassSpec> {}

export const IngressClass = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  scope: "Cluster",
  doc: "Names a controller that serves ingresses. An ingress chooses one with ingressClassName.",
  storage: { prefix: "/registry/ingressclasses", hash: "l/iqIbDgFyQ=" },
  hasGeneration: true,
  schema: s.struct("networking/v1.IngressClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IngressClassSpec),
  }),

  *validateUpdate({ spec }, old) {
    yield* immutable("spec.controller", spec.controller, old.spec.controller);
  },

  columns: [
    classNameColumn([defaultClassAnnotation]),
    { name: "Controller", type: "string", cell: ({ spec }) => spec.controller ?? "" },
    {
      name: "Parameters",
      type: "string",
      cell: ({ spec: { parameters } }) => (parameters ? parametersText(parameters) : "<none>"),
    },
    ageColumn,
  ],
});

export interface IngressClass extends ObjectOf<typeof IngressClass> {}

const parametersText = ({ apiGroup, kind, name }: IngressClassParametersReference): string =>
  `${kind}${apiGroup === undefined ? "" : `.${apiGroup}`}/${name}`;
