import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { decodeJson } from "#schema/json.ts";
import { validateStruct } from "#schema/validate.ts";
import { PodLogOptions } from "./connect-options.ts";
import type { Cases } from "./testing.ts";

test("logs are asked for from a time on, or up to an amount", () => {
  const cases: Cases = [
    [{ tailLines: 0, limitBytes: 1, sinceSeconds: 1 }],
    [{ sinceTime: "2024-01-01T00:00:00Z", follow: true }],
    [
      { tailLines: -1, limitBytes: 0, sinceSeconds: 0 },
      "tailLines: Invalid value: -1: must be greater than or equal to 0",
      "limitBytes: Invalid value: 0: must be greater than 0",
      "sinceSeconds: Invalid value: 0: must be greater than 0",
    ],
    [
      { sinceSeconds: 1, sinceTime: "2024-01-01T00:00:00Z" },
      ": Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
    ],
  ];
  for (const [options, ...problems] of cases) {
    const { value } = decodeJson(PodLogOptions, options, { defaults: true });
    const errors = validateStruct(PodLogOptions, value);
    deepEqual(
      errors.map(({ path, message }) => `${path}: ${message}`),
      problems,
    );
  }
});
