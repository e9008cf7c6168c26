import { defineKind, type ObjectOf } from "#api/kind.ts";
import { JSONSchemaProps } from "./json-schema.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { beginRemoval } from "./crd-conditions.ts";
import { unknownFormats } from "./crd-formats.ts";
import { validNames } from "./crd-names.ts";
import {
  isApproved,
  prunesFields,
  storedVersions,
  validDefinition,
  validDefinitionUpdate,
} from "./crd-rules.ts";
import { validSpec } from "./crd-spec-rules.ts";

export const CustomResourceColumnDefinition = s.struct(
  "apiextensions/v1.CustomResourceColumnDefinition",
  {
    name: s.string(1, { required: true }),
    type: s.string(2, { required: true }),
    format: s.string(3),
    description: s.string(4),
    priority: s.int32(5),
    jsonPath: s.string(6, { required: true }),
  },
);

export interface CustomResourceColumnDefinition extends ValueOf<
  typeof CustomResourceColumnDefinition
> {}

export const ServiceReference = s.struct(
  "apiextensions/v1.ServiceReference",
  {
    namespace: s.string(1, { required: true }),
    name: s.string(2, { required: true }),
    path: s.string(3, { optional: true }),
    port: s.int32(4, { optional: true }),
  },
  {
    defaults(draft) {
      draft.port ??= 443;
    },
  },
);

export interface ServiceReference extends ValueOf<typeof ServiceReference> {}

export const WebhookClientConfig = s.struct("apiextensions/v1.WebhookClientConfig", {
  url: s.string(3, { optional: true }),
  service: s.object(1, ServiceReference, { optional: true }),
  caBundle: s.bytes(2),
});

export interface WebhookClientConfig extends ValueOf<typeof WebhookClientConfig> {}

export const WebhookConversion = s.struct("apiextensions/v1.WebhookConversion", {
  clientConfig: s.object(2, WebhookClientConfig, { optional: true }),
  conversionReviewVersions: s.list(3, "string", { required: true, listType: "atomic" }),
});

export interface WebhookConversion extends ValueOf<typeof WebhookConversion> {}

export const CustomResourceConversion = s.struct("apiextensions/v1.CustomResourceConversion", {
  strategy: s.string(1, { required: true }),
  webhook: s.object(2, WebhookConversion, { optional: true }),
});

export interface CustomResourceConversion extends ValueOf<typeof CustomResourceConversion> {}

export const CustomResourceDefinitionCondition = s.struct(
  "apiextensions/v1.CustomResourceDefinitionCondition",
  {
    type: s.string(1, { required: true }),
    status: s.string(2, { required: true }),
    lastTransitionTime: s.time(3),
    reason: s.string(4),
    message: s.string(5),
    observedGeneration: s.int64(6, { gate: "CRDObservedGenerationTracking" }),
  },
);

export interface CustomResourceDefinitionCondition extends ValueOf<
  typeof CustomResourceDefinitionCondition
> {}

export const CustomResourceDefinitionNames = s.struct(
  "apiextensions/v1.CustomResourceDefinitionNames",
  {
    plural: s.string(1, { required: true, doc: "As in URLs: /apis/<group>/<version>/<plural>." }),
    singular: s.string(2, { doc: "The kind in lower case unless said." }),
    shortNames: s.list(3, "string", { listType: "atomic" }),
    kind: s.string(4, { required: true }),
    listKind: s.string(5, { doc: "The kind, and List after it, unless said." }),
    categories: s.list(6, "string", {
      listType: "atomic",
      doc: "Names of groups of resources that this one belongs to (`all`).",
    }),
  },
);

export interface CustomResourceDefinitionNames extends ValueOf<
  typeof CustomResourceDefinitionNames
> {}

export const CustomResourceValidation = s.struct("apiextensions/v1.CustomResourceValidation", {
  openAPIV3Schema: s.object(1, JSONSchemaProps, { optional: true }),
});

export interface CustomResourceValidation extends ValueOf<typeof CustomResourceValidation> {}

export const CustomResourceSubresourceStatus = s.struct(
  "apiextensions/v1.CustomResourceSubresourceStatus",
  {},
);

export interface CustomResourceSubresourceStatus extends ValueOf<
  typeof CustomResourceSubresourceStatus
> {}

export const CustomResourceSubresourceScale = s.struct(
  "apiextensions/v1.CustomResourceSubresourceScale",
  {
    specReplicasPath: s.string(1, { required: true }),
    statusReplicasPath: s.string(2, { required: true }),
    labelSelectorPath: s.string(3, { optional: true }),
  },
);

export interface CustomResourceSubresourceScale extends ValueOf<
  typeof CustomResourceSubresourceScale
> {}

export const CustomResourceSubresources = s.struct("apiextensions/v1.CustomResourceSubresources", {
  status: s.object(1, CustomResourceSubresourceStatus, { optional: true }),
  scale: s.object(2, CustomResourceSubresourceScale, { optional: true }),
});

export interface CustomResourceSubresources extends ValueOf<typeof CustomResourceSubresources> {}

export const SelectableField = s.struct("apiextensions/v1.SelectableField", {
  jsonPath: s.string(1, { required: true }),
});

export interface SelectableField extends ValueOf<typeof SelectableField> {}

export const CustomResourceDefinitionVersion = s.struct(
  "apiextensions/v1.CustomResourceDefinitionVersion",
  {
    name: s.string(1, { required: true }),
    served: s.boolean(2, { required: true, doc: "Whether requests may use this version." }),
    storage: s.boolean(3, { required: true, doc: "Objects are stored in this version." }),
    deprecated: s.boolean(7),
    deprecationWarning: s.string(8, { optional: true }),
    schema: s.object(4, CustomResourceValidation, { optional: true }),
    subresources: s.object(5, CustomResourceSubresources, { optional: true }),
    additionalPrinterColumns: s.list(6, CustomResourceColumnDefinition, { listType: "atomic" }),
    selectableFields: s.list(9, SelectableField, {
      listType: "atomic",
      gate: "CustomResourceFieldSelectors",
    }),
  },
);

export interface CustomResourceDefinitionVersion extends ValueOf<
  typeof CustomResourceDefinitionVersion
> {}

export const CustomResourceDefinitionSpec = s.struct(
  "apiextensions/v1.CustomResourceDefinitionSpec",
  {
    group: s.string(1, { required: true }),
    names: s.object(3, CustomResourceDefinitionNames, { required: true }),
    scope: s.string(4, { required: true, doc: "Cluster or Namespaced." }),
    versions: s.list(7, CustomResourceDefinitionVersion, {
      required: true,
      listType: "atomic",
      doc: "All versions of the resource; objects are stored in one of them.",
    }),
    conversion: s.object(9, CustomResourceConversion, {
      optional: true,
      doc: "How objects of one version become objects of another.",
    }),
    preserveUnknownFields: s.boolean(10, {
      doc: "No longer to be set; a schema may say so where unknown fields are to be kept.",
    }),
  },
  {
    defaults(draft) {
      const { names } = draft;
      if (names.kind) {
        names.singular ||= names.kind.toLowerCase();
        names.listKind ||= `${names.kind}List`;
      }
      draft.conversion ??= { strategy: "None" };
    },
  },
);

export interface CustomResourceDefinitionSpec extends ValueOf<
  typeof CustomResourceDefinitionSpec
> {}

export const CustomResourceDefinitionStatus = s.struct(
  "apiextensions/v1.CustomResourceDefinitionStatus",
  {
    conditions: s.list(1, CustomResourceDefinitionCondition, {
      always: true,
      listType: "map",
      keys: ["type"],
    }),
    acceptedNames: s.object(2, CustomResourceDefinitionNames, { always: true }),
    storedVersions: s.list(3, "string", { always: true, listType: "atomic" }),
    observedGeneration: s.int64(4, { gate: "CRDObservedGenerationTracking" }),
  },
);

export interface CustomResourceDefinitionStatus extends ValueOf<
  typeof CustomResourceDefinitionStatus
> {}

export const CustomResourceDefinition = defineKind({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  scope: "Cluster",
  doc: "Adds a kind of objects to the API: its names, its versions and their schemas.",
  storage: {
    prefix: "/registry/apiextensions.k8s.io/customresourcedefinitions",
    hash: "jfWCUB31mvA=",
  },
  schema: s.struct(
    "apiextensions/v1.CustomResourceDefinition",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, CustomResourceDefinitionSpec, { required: true }),
      status: s.object(3, CustomResourceDefinitionStatus),
    },
    {
      defaults({ spec, status }) {
        if (!status.storedVersions?.length) {
          status.storedVersions = storedVersions([], spec.versions);
        }
      },
    },
  ),
  status: { validate: ({ status }) => validNames(status.acceptedNames, "status.acceptedNames") },
  hasGeneration: true,
  needsResourceVersion: true,

  prepareForCreate({ spec, status }) {
    status.storedVersions = storedVersions([], spec.versions);
  },
  prepareForUpdate(draft) {
    const { spec, status } = draft;
    draft.status = {
      ...status,
      storedVersions: storedVersions(status.storedVersions, spec.versions),
    };
  },

  isHeld: ({ metadata }) => metadata.deletionTimestamp === undefined,
  prepareForDelete: beginRemoval,

  *validate(definition): Iterable<FieldError> {
    yield* validDefinition(definition);
    yield* validSpec(definition.spec);
  },
  *validateCreate(definition): Iterable<FieldError> {
    yield* isApproved(definition);
    yield* prunesFields(definition.spec);
  },
  validateUpdate: validDefinitionUpdate,
  *warnings({ spec }, old) {
    const known = unknownFormats(old?.spec.versions ?? []);
    for (const format of unknownFormats(spec.versions).difference(known)) {
      yield `unrecognized format ${JSON.stringify(format)}`;
    }
  },
});

export interface CustomResourceDefinition extends ObjectOf<typeof CustomResourceDefinition> {}
