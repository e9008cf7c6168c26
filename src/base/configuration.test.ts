import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError, readConfiguration } from "./configuration.ts";

const expected = { apiVersions: ["audit.k8s.io/v1"], kind: "Policy" };
const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

test("everything that is wrong is told at once, by its path", () => {
  const text = `${head}size: big\nparts: [{name: a, colour: red}, {name: 1}]\n`;
  throws(
    () =>
      readConfiguration(text, expected, (file) => {
        file.integer("size");
        for (const part of file.sections("parts")) part.requiredText("name");
      }),
    (cause: ConfigurationError) => {
      deepEqual(cause.problems, [
        "size: must be an integer",
        "parts[1].name: must be a string",
        "parts[0].colour: unknown field; there are name",
      ]);
      return true;
    },
  );
});

test("another kind of file is refused, and so is what is no YAML", () => {
  const read = (text: string) => () => readConfiguration(text, expected, () => undefined);
  throws(read("apiVersion: v1\nkind: Policy"), {
    message: 'Policy: apiVersion: Unsupported value: "v1": supported values: "audit.k8s.io/v1"',
  });
  throws(read("- a"), { message: "Policy: the file must hold an object" });
  throws(read("a: [b"), ConfigurationError);
});
