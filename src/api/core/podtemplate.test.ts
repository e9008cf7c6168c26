import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, problemsOf } from "#api/testing.ts";
import { PodTemplate } from "./podtemplate.ts";
import { podWith } from "./testing.ts";

const template = (spec: object, metadata: object = {}) => ({
  metadata: { name: "a", namespace: "b" },
  template: { metadata, spec: podWith(spec).spec },
});

test("a template is held to the rules of pods, but for the name", () => {
  deepEqual(problemsOf(PodTemplate, template({})), []);
  deepEqual(problemsOf(PodTemplate, template({ containers: [] }, { labels: { a: "b c" } })), [
    "template.spec.containers: Required value",
    "template.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]);
});

test("templates are shown with what they make", () => {
  const { Containers, Images, ...others } = cellsOf(
    PodTemplate,
    template({}, { labels: { a: "b" } }),
  );
  deepEqual([Containers, Images, others["Pod Labels"]], ["web", "nginx", "a=b"]);
});
