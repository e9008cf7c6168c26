import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  openApiV2Of,
  openApiV2Scalars,
  openApiV3Of,
  openApiV3Scalars,
  schemaNameOf,
  structsOf,
} from "./openapi.ts";
import { type AnyStruct, s } from "./struct.ts";
import {
  ContainerPort,
  Deployment,
  DeploymentSpec,
  JSONSchemaProps,
  LabelSelector,
  ObjectMeta,
  OwnerReference,
  Pod,
  SchemaOrBool,
} from "./testing.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** As in upstream's api/openapi-spec, which has no enumerations; texts aside. */
const v3 = (struct: AnyStruct): object => openApiV3Of(struct, { enums: false });
const v2 = (struct: AnyStruct): object => openApiV2Of(struct, { enums: false });

const int32 = { type: "integer", format: "int32" };
const string = { type: "string" };
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const ServicePort = s.struct("core/v1.ServicePort", {
  name: s.string(1),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { default: "TCP" }),
  appProtocol: s.string(6, { optional: true }),
  port: s.int32(3, { required: true }),
  targetPort: s.intOrString(4, { doc: "Where it goes." }),
  nodePort: s.int32(5),
});

describe("v3", () => {
  test("ContainerPort", () => {
    deepEqual(v3(ContainerPort), {
      type: "object",
      properties: {
        name: string,
        hostPort: int32,
        containerPort: { ...int32, default: 0 },
        protocol: { ...string, default: "TCP" },
        hostIP: string,
      },
      required: ["containerPort"],
    });
  });

  test("ServicePort: a reference stands alone or in allOf", () => {
    const { properties, required } = v3(ServicePort) as { properties: object; required: object };
    deepEqual(required, ["port"]);
    deepEqual(properties, {
      name: string,
      protocol: { ...string, default: "TCP" },
      appProtocol: string,
      port: { ...int32, default: 0 },
      targetPort: {
        allOf: [ref("io.k8s.apimachinery.pkg.util.intstr.IntOrString")],
        description: "Where it goes.",
      },
      nodePort: int32,
    });
  });

  test("DeploymentSpec: structs that are no pointers default to {}", () => {
    const strategy = { allOf: [ref("io.k8s.api.apps.v1.DeploymentStrategy")], default: {} };
    deepEqual(v3(DeploymentSpec), {
      type: "object",
      properties: {
        replicas: int32,
        selector: ref(`${meta}.LabelSelector`),
        strategy: { ...strategy, "x-kubernetes-patch-strategy": "retainKeys" },
        minReadySeconds: int32,
        paused: { type: "boolean" },
      },
      required: ["selector"],
    });
  });

  test("ObjectMeta: lists, maps, times", () => {
    const { properties } = v3(ObjectMeta) as { properties: Record<string, object> };
    deepEqual(properties["labels"], { type: "object", additionalProperties: string });
    deepEqual(properties["creationTimestamp"], ref(`${meta}.Time`));
    deepEqual(properties["ownerReferences"], {
      type: "array",
      items: ref(`${meta}.OwnerReference`),
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-list-type": "map",
      "x-kubernetes-patch-merge-key": "uid",
      "x-kubernetes-patch-strategy": "merge",
    });
    deepEqual(properties["finalizers"], {
      type: "array",
      items: string,
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge",
    });
  });

  test("what is atomic says so", () => {
    equal((v3(OwnerReference) as Record<string, unknown>)["x-kubernetes-map-type"], "atomic");
    equal((v3(LabelSelector) as Record<string, unknown>)["x-kubernetes-map-type"], "atomic");
  });

  test("kinds name where they are served", () => {
    const gvks = [{ group: "apps", version: "v1", kind: "Deployment" }];
    const schema = openApiV3Of(Deployment, { gvks });
    deepEqual(schema["x-kubernetes-group-version-kind"], gvks);
  });

  test("Quantity, IntOrString, Time", () => {
    const definition = (name: string): object => {
      const { description: _text, ...rest } = openApiV3Scalars()[name] ?? {};
      return rest;
    };
    deepEqual(definition("io.k8s.apimachinery.pkg.api.resource.Quantity"), {
      oneOf: [string, { type: "number" }],
    });
    deepEqual(definition("io.k8s.apimachinery.pkg.util.intstr.IntOrString"), {
      format: "int-or-string",
      oneOf: [{ type: "integer" }, string],
    });
    deepEqual(definition(`${meta}.Time`), { ...string, format: "date-time" });
  });

  test("enumerations are listed in order, unless unwanted", () => {
    const { properties } = openApiV3Of(ContainerPort) as { properties: Record<string, object> };
    const wanted = { ...string, enum: ["SCTP", "TCP", "UDP"], default: "TCP" };
    deepEqual(properties["protocol"], wanted);
  });

  test("what only protobuf has is not published, nor a type for what may be many", () => {
    deepEqual(v3(SchemaOrBool), {});
    const { properties } = v3(JSONSchemaProps) as { properties: Record<string, object> };
    deepEqual(
      properties["items"],
      ref("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray"),
    );
  });
});

describe("v2", () => {
  test("has no defaults, and references with company", () => {
    const { properties } = v2(ServicePort) as { properties: Record<string, object> };
    deepEqual(properties["protocol"], string);
    deepEqual(properties["targetPort"], {
      $ref: "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString",
      description: "Where it goes.",
    });
  });

  test("Quantity and IntOrString are strings", () => {
    const { format, type } = openApiV2Scalars()[
      "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    ] as { format: string; type: string };
    deepEqual([type, format], ["string", "int-or-string"]);
  });
});

test("names say where upstream has the type", () => {
  const at = (name: string): string => schemaNameOf({ ...Pod, name });
  equal(at("core/v1.Pod"), "io.k8s.api.core.v1.Pod");
  equal(at("meta/v1.ObjectMeta"), `${meta}.ObjectMeta`);
  equal(at("version.Info"), "io.k8s.apimachinery.pkg.version.Info");
  equal(
    at("apiregistration/v1.APIService"),
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  );
});

test("all structs in reach are found, also those that contain themselves", () => {
  deepEqual(
    structsOf(Deployment).map(({ name }) => name),
    [
      "apps/v1.Deployment",
      "meta/v1.ObjectMeta",
      "apps/v1.DeploymentSpec",
      "meta/v1.OwnerReference",
      "meta/v1.LabelSelector",
      "apps/v1.DeploymentStrategy",
    ],
  );
  equal(structsOf(JSONSchemaProps).length, 4);
});
