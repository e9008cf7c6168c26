import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { mergedSwagger } from "./merged-openapi.ts";

const documentOf = (apiVersion: string, meta: object) => ({
  apiVersion,
  document: {
    paths: { [`/apis/${apiVersion}/fruits`]: { $ref: "#/definitions/Meta" } },
    definitions: { Meta: meta },
  },
});

test("what two servers call and mean the same has one name, also when that is a new one", () => {
  const own = { paths: {}, definitions: { Meta: { type: "object" } } };
  const { definitions, paths } = mergedSwagger(own, [
    documentOf("a.io/v1", { type: "string" }),
    documentOf("b.io/v1", { type: "number" }),
    documentOf("c.io/v1", { type: "string" }),
    documentOf("d.io/v1", { type: "object" }),
  ]);
  deepEqual(definitions, {
    Meta: { type: "object" },
    Meta_v2: { type: "string" },
    Meta_v3: { type: "number" },
  });
  deepEqual(paths, {
    "/apis/a.io/v1/fruits": { $ref: "#/definitions/Meta_v2" },
    "/apis/b.io/v1/fruits": { $ref: "#/definitions/Meta_v3" },
    "/apis/c.io/v1/fruits": { $ref: "#/definitions/Meta_v2" },
    "/apis/d.io/v1/fruits": { $ref: "#/definitions/Meta" },
  });
});
