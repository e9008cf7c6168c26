import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { changeProblems, draftFrom, objectFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { CustomResourceDefinition } from "./customresourcedefinition.ts";

const names = { plural: "crontabs", kind: "CronTab" };
const schema = { openAPIV3Schema: { type: "object" } };
const v1 = { name: "v1", served: true, storage: true, schema };
const v2 = { ...v1, name: "v2", storage: false };
const spec = { group: "example.com", names, scope: "Namespaced", versions: [v1] };
const crd = (change: object = {}, status: object = {}) => ({
  metadata: { name: "crontabs.example.com" },
  spec: { ...spec, ...change },
  status,
});
const withVersion = (...changes: object[]) =>
  crd({ versions: changes.map((change) => ({ ...v1, ...change })) });

test("names, conversion and stored versions have defaults", () => {
  const { spec: made, status } = draftFrom(CustomResourceDefinition, crd());
  deepEqual(made.names, { ...names, singular: "crontab", listKind: "CronTabList" });
  deepEqual(Object.keys(made.names), ["plural", "singular", "kind", "listKind"]);
  deepEqual(made.conversion, { strategy: "None" });
  deepEqual(status.storedVersions, ["v1"]);
  deepEqual(status.acceptedNames, { plural: "", kind: "" });
});

test("good definitions are accepted", () => {
  const good = [
    crd(),
    crd({ versions: [v1, { ...v2, deprecated: true, deprecationWarning: "use v1" }] }),
    crd({
      conversion: {
        strategy: "Webhook",
        webhook: {
          clientConfig: { service: { namespace: "a", name: "b" } },
          conversionReviewVersions: ["v1"],
        },
      },
    }),
    withVersion({
      subresources: {
        status: {},
        scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
      },
      additionalPrinterColumns: [{ name: "Spec", type: "string", jsonPath: ".spec.cron" }],
    }),
  ];
  for (const manifest of good) deepEqual(problemsOf(CustomResourceDefinition, manifest), []);
});

test("a definition says what is wrong with its names", () => {
  const label = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`;
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [
      crd({ group: "example.org" }),
      'metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group',
    ],
    [
      { ...crd({ group: "example" }), metadata: { name: "crontabs.example" } },
      'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ],
    [{ ...crd({ group: "" }), metadata: { name: "crontabs." } }, "spec.group: Required value"],
    [crd({ scope: "" }), "spec.scope: Required value"],
    [
      crd({ scope: "Global" }),
      'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"',
    ],
    [
      crd({ names: { plural: "crontabs", kind: "" } }),
      "spec.names.singular: Required value",
      "spec.names.kind: Required value",
      "spec.names.listKind: Required value",
    ],
    [
      crd({ names: { ...names, kind: "Cron_Tab", listKind: "Cron_Tab" } }),
      `spec.names.singular: Invalid value: "cron_tab": ${label}`,
      `spec.names.kind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: ${label}`,
      `spec.names.listKind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: ${label}`,
      'spec.names.listKind: Invalid value: "Cron_Tab": kind and listKind may not be the same',
    ],
    [
      crd({ names: { ...names, shortNames: ["CT"], categories: ["All"] } }),
      `spec.names.shortNames[0]: Invalid value: "CT": ${label}`,
      `spec.names.categories[0]: Invalid value: "All": ${label}`,
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(CustomResourceDefinition, manifest), problems);
  }
});

/** Values in messages may be whole lists of versions. */
const short = (lines: readonly string[]) => lines.map((line) => line.replace(/\[\{.*\}\]/, "[…]"));

test("a definition says what is wrong with its versions", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [
      crd({ versions: [] }),
      "status.storedVersions: Invalid value: []: must have at least one stored version",
      "spec.versions: Invalid value: []: must have exactly one version marked as storage version",
    ],
    [
      crd({ versions: [v1, { ...v2, storage: true }] }),
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
      "spec.versions: Invalid value: […]: must have exactly one version marked as storage version",
    ],
    [
      crd({ versions: [v1, { ...v2, name: "v1" }] }),
      "spec.versions: Invalid value: […]: must contain unique version names",
    ],
    [withVersion({ schema: undefined }), "spec.versions[0].schema.openAPIV3Schema: Required value"],
    [
      withVersion({ deprecationWarning: "old" }),
      'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
    ],
    [
      withVersion({ deprecated: true, deprecationWarning: "" }),
      'spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string',
    ],
    [
      withVersion({ deprecated: true, deprecationWarning: "é\n" }),
      String.raw`spec.versions[0].deprecationWarning: Invalid value: "é\n": must only contain printable UTF-8 characters; non-printable character found at index 2`,
    ],
    [
      withVersion({ deprecated: true, deprecationWarning: "x".repeat(257) }),
      `spec.versions[0].deprecationWarning: Invalid value: "${"x".repeat(257)}": must be <= 256 characters long`,
    ],
    [
      withVersion({
        schema: { openAPIV3Schema: { type: "array", nullable: true } },
        subresources: { status: {} },
      }),
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      "spec.validation.openAPIV3Schema.nullable: Forbidden: nullable cannot be true at the root",
      "spec.validation.openAPIV3Schema.items: Required value: must be specified",
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": must be object at the root',
    ],
    [
      crd({
        versions: [v1, { ...v2, schema: { openAPIV3Schema: { type: "object", nullable: true } } }],
      }),
      "spec.versions[1].schema.openAPIV3Schema.nullable: Forbidden: nullable cannot be true at the root",
    ],
    [
      withVersion({
        subresources: {
          scale: { specReplicasPath: "", statusReplicasPath: "status.n", labelSelectorPath: ".x" },
        },
      }),
      "spec.subresources.scale.specReplicasPath: Required value",
      'spec.subresources.scale.statusReplicasPath: Invalid value: "status.n": must be a simple json path starting with .',
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status',
    ],
    [
      withVersion({
        subresources: { scale: { specReplicasPath: ".status.n", statusReplicasPath: ".spec.n" } },
      }),
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status',
    ],
    [
      withVersion({ additionalPrinterColumns: [{ name: "", type: "", jsonPath: "" }] }),
      "spec.additionalPrinterColumns[0].name: Required value",
      "spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string",
      "spec.additionalPrinterColumns[0].JSONPath: Required value",
    ],
    [
      withVersion({
        additionalPrinterColumns: [{ name: "A", type: "text", format: "int", jsonPath: "x" }],
      }),
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].format: Invalid value: "int": must be one of byte,date,date-time,double,float,int32,int64,password',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(short(problemsOf(CustomResourceDefinition, manifest)), problems);
  }
});

test("selectable fields are plain values outside the metadata", () => {
  const properties = {
    spec: {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "array", items: { type: "string" } } },
    },
  };
  const selecting = (...paths: string[]) =>
    problemsOf(
      CustomResourceDefinition,
      withVersion({
        schema: { openAPIV3Schema: { type: "object", properties } },
        selectableFields: paths.map((jsonPath) => ({ jsonPath })),
      }),
    );
  const at = (i: number) => `spec.selectableFields[${i}].jsonPath`;
  deepEqual(selecting(".spec.a"), []);
  deepEqual(selecting("", ".spec.a", ".spec.a", ".spec.b", ".spec.c", ".metadata.name"), [
    `${at(0)}: Required value`,
    `${at(2)}: Duplicate value: ".spec.a"`,
    `${at(3)}: Invalid value: ".spec.b": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.`,
    `${at(4)}: Invalid value: ".spec.c": is an invalid path: does not refer to a valid field`,
    `${at(5)}: Invalid value: ".metadata.name": must not point to fields in metadata`,
  ]);
});

test("conversion by webhook is told apart from none", () => {
  const converting = (conversion: object) =>
    problemsOf(CustomResourceDefinition, crd({ conversion }));
  deepEqual(converting({ strategy: "Webhook" }), [
    "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
    "spec.conversion.conversionReviewVersions: Required value",
  ]);
  const webhook = { clientConfig: {}, conversionReviewVersions: ["v3", "v3"] };
  deepEqual(converting({ strategy: "Webhook", webhook }), [
    "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required",
    'spec.conversion.conversionReviewVersions[1]: Invalid value: "v3": duplicate version',
    'spec.conversion.conversionReviewVersions: Invalid value: ["v3","v3"]: must include at least one of v1, v1beta1',
  ]);
  const why = "should not be set when strategy is not set to Webhook";
  deepEqual(converting({ strategy: "None", webhook }), [
    `spec.conversion.webhookClientConfig: Forbidden: ${why}`,
    `spec.conversion.conversionReviewVersions: Forbidden: ${why}`,
  ]);
  deepEqual(converting({ strategy: "Magic" }), [
    'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
  ]);
});

test("fields of new definitions are pruned", () => {
  const why =
    "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  const keeping = crd({ preserveUnknownFields: true });
  deepEqual(problemsOf(CustomResourceDefinition, keeping), [why]);
  deepEqual(changeProblems(CustomResourceDefinition, { from: crd(), to: keeping }), [why]);
  deepEqual(changeProblems(CustomResourceDefinition, { from: keeping, to: keeping }), []);
});

test("groups of Kubernetes need an approval", () => {
  const protectedBy = (annotation?: string) => ({
    ...crd({ group: "x.k8s.io" }),
    metadata: {
      name: "crontabs.x.k8s.io",
      ...(annotation !== undefined && {
        annotations: { "api-approved.kubernetes.io": annotation },
      }),
    },
  });
  const problems = (annotation?: string) =>
    problemsOf(CustomResourceDefinition, protectedBy(annotation));
  deepEqual(problems("https://github.com/kubernetes/kubernetes/pull/1"), []);
  deepEqual(problems("unapproved, an experiment"), []);
  const at = "metadata.annotations[api-approved.kubernetes.io]";
  deepEqual(problems(), [
    `${at}: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111`,
  ]);
  const invalid = `${at}: Invalid value: "yes": protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
  deepEqual(problems("yes"), [invalid]);
  const change = { from: protectedBy(), to: protectedBy("yes") };
  deepEqual(changeProblems(CustomResourceDefinition, change), [invalid]);
  deepEqual(
    changeProblems(CustomResourceDefinition, { from: protectedBy(), to: protectedBy() }),
    [],
  );
});

const established = { conditions: [{ type: "Established", status: "True" }] };

test("what names the resource stays, and its scope once it is served", () => {
  const change = { names: { ...names, kind: "Other" }, scope: "Cluster" };
  deepEqual(changeProblems(CustomResourceDefinition, { from: crd(), to: crd(change) }), []);
  deepEqual(
    changeProblems(CustomResourceDefinition, {
      from: crd({}, established),
      to: crd(change, established),
    }),
    [
      'spec.scope: Invalid value: "Cluster": field is immutable',
      'spec.names.kind: Invalid value: "Other": field is immutable',
    ],
  );
  const moved = { ...crd({ group: "example.org" }), metadata: { name: "crontabs.example.org" } };
  deepEqual(changeProblems(CustomResourceDefinition, { from: crd(), to: moved }), [
    'spec.group: Invalid value: "example.org": field is immutable',
  ]);
});

test("authorities of a conversion webhook are readable", () => {
  const webhook = (caBundle: string) => ({
    conversion: {
      strategy: "Webhook",
      webhook: {
        clientConfig: { url: "https://a", caBundle },
        conversionReviewVersions: ["v1"],
      },
    },
  });
  const from = crd({}, established);
  const to = crd(webhook("bm9uZQ=="), established);
  deepEqual(changeProblems(CustomResourceDefinition, { from, to }), [
    'spec.conversion.webhookClientConfig.caBundle: Invalid value: "bm9uZQ==": unable to load root certificates: data does not contain any valid RSA or ECDSA certificates',
  ]);
  deepEqual(changeProblems(CustomResourceDefinition, { from: to, to }), []);
});

test("versions that objects may be stored in stay until none is", () => {
  const to = crd({
    versions: [
      { ...v1, storage: false },
      { ...v2, storage: true },
    ],
  });
  const old = objectFrom(CustomResourceDefinition, crd());
  const draft = draftFrom(CustomResourceDefinition, to);
  draft.status = old.status as typeof draft.status;
  CustomResourceDefinition.prepareForUpdate?.(draft, old);
  deepEqual(draft.status.storedVersions, ["v1", "v2"]);
  deepEqual(old.status.storedVersions, ["v1"]);
  const without = crd({ versions: [{ ...v2, storage: true }] }, { storedVersions: ["v1"] });
  deepEqual(changeProblems(CustomResourceDefinition, { from: crd(), to: without }), [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});

test("accepted names are names", () => {
  const acceptedNames = { plural: "a b", kind: "" };
  const [problem = "", ...more] = statusProblems(CustomResourceDefinition, {
    from: crd(),
    to: crd({}, { acceptedNames }),
  });
  equal(problem.startsWith('status.acceptedNames.plural: Invalid value: "a b": a DNS-1035'), true);
  deepEqual(more, []);
});
