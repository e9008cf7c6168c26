import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { flagPage, pageForm, statusPage } from "./component-pages.ts";
import { parseYaml } from "./yaml.ts";
import { seededRandom } from "./random.ts";

const startedMs = Date.UTC(2026, 6, 4, 6, 14, 2);
const facts = {
  name: "apiserver",
  startedMs,
  goVersion: "none",
  gitVersion: "v1.36.0+k8ts",
  paths: ["/api", "/apis/apps", "/healthz", "/healthz/ping", "/", "/openapi/v3", "/flagz"],
};
const status = statusPage(facts, startedMs + 12_162_500, seededRandom(1));
const flags = flagPage("kubelet", { port: "10250", config: "" }, seededRandom(1));

const warning =
  "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.";

test("the status is a text for people, with a delimiter by lot", () => {
  const texts = Array.from({ length: 20 }, (_, seed) =>
    pageForm(statusPage(facts, startedMs + 12_162_500, seededRandom(seed))),
  );
  const wanted = (delimiter: string): string =>
    [
      "",
      "apiserver statusz",
      warning,
      "",
      `Started${delimiter} Sat Jul  4 06:14:02 UTC 2026`,
      `Up${delimiter} 3 hr 22 min 42 sec`,
      `Go version${delimiter} none`,
      `Binary version${delimiter} 1.36.0`,
      `Emulation version${delimiter} 1.36`,
      `Paths${delimiter} /flagz /healthz`,
      "",
    ].join("\n");
  const all = new Set(texts.map((form) => form?.body));
  deepEqual(all, new Set([":", ": ", "=", " "].map(wanted)));
  equal(texts[0]?.contentType, "text/plain; charset=utf-8");
});

test("flags are sorted by name", () => {
  match(
    pageForm(flags)?.body ?? "",
    /^\nkubelet flagz\nWarning: [^\n]+\nconfig(:|: |=| )\nport(:|: |=| )10250\n$/,
  );
});

test("a structured form is given to who names it in full", () => {
  const form = pageForm(status, "application/json;v=v1beta1;g=config.k8s.io;as=Statusz");
  equal(form?.contentType, "application/json");
  equal(form?.warning, undefined);
  deepEqual(JSON.parse(form?.body ?? ""), {
    kind: "Statusz",
    apiVersion: "config.k8s.io/v1beta1",
    metadata: { name: "apiserver" },
    startTime: "2026-07-04T06:14:02Z",
    uptimeSeconds: 12_162,
    goVersion: "none",
    binaryVersion: "1.36.0",
    emulationVersion: "1.36",
    paths: ["/flagz", "/healthz"],
  });
  const yaml = pageForm(flags, "application/yaml;as=Flagz;g=config.k8s.io;v=v1alpha1");
  deepEqual(parseYaml(yaml?.body ?? ""), {
    kind: "Flagz",
    apiVersion: "config.k8s.io/v1alpha1",
    metadata: { name: "kubelet" },
    flags: { port: "10250", config: "" },
  });
  equal(
    yaml?.warning,
    "This version of the flagz endpoint is deprecated. Please use a newer version.",
  );
});

for (const [accept, type] of [
  ["", "text/plain; charset=utf-8"],
  ["text/plain", "text/plain; charset=utf-8"],
  ["*/*", "text/plain; charset=utf-8"],
  ["text/*", "text/plain; charset=utf-8"],
  ["application/json, */*", "text/plain; charset=utf-8"],
  ["application/json;v=foo;g=config.k8s.io;as=Flagz,*/*", "text/plain; charset=utf-8"],
  ["application/yaml;v=v1beta1;g=config.k8s.io;as=Flagz,*/*;q=0.1", "application/yaml"],
  ["*/*;v=v1beta1;g=config.k8s.io;as=Flagz", "application/json"],
  ["text/plain;v=v1beta1;g=config.k8s.io;as=Flagz", undefined],
  ["application/json", undefined],
  ["application/xml", undefined],
  ["application/json;v=v1beta1;g=config.k8s.io", undefined],
  ["application/json;v=v1beta1;g=config.k8s.io;as=Statusz", undefined],
  ["application/vnd.kubernetes.protobuf;v=v1beta1;g=config.k8s.io;as=Flagz", undefined],
] as const) {
  test(`Accept: ${accept}`, () => equal(pageForm(flags, accept)?.contentType, type));
}
