import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { describedVersion } from "./merged-groups.ts";

const resource = (name: string, kind: string) => ({
  name,
  singularName: "",
  namespaced: true,
  kind,
  verbs: ["get"],
});

const described = (resources: ReturnType<typeof resource>[]) =>
  describedVersion(
    { group: "subresources.kubevirt.io", version: "v1" },
    { resources, isStale: false, openApi: undefined, openApiUrl: undefined },
  ).resources ?? [];

test("subresources whose resource somebody else serves have a stand-in for it", () => {
  const [only, ...others] = described([
    resource("machines/console", "Console"),
    resource("machines/start", ""),
  ]);
  deepEqual(others, []);
  deepEqual(only, {
    resource: "machines",
    responseKind: { group: "", version: "", kind: "" },
    scope: "Namespaced",
    singularResource: "",
    verbs: [],
    subresources: [
      {
        subresource: "console",
        responseKind: { group: "subresources.kubevirt.io", version: "v1", kind: "Console" },
        verbs: ["get"],
      },
      {
        subresource: "start",
        responseKind: { group: "", version: "", kind: "" },
        verbs: ["get"],
      },
    ],
  });
});

test("a resource with subresources stands there once", () => {
  const names = described([resource("machines/console", "Console"), resource("machines", "M")]);
  deepEqual(
    names.map(({ resource: name, subresources = [] }) => [name, subresources.length]),
    [["machines", 1]],
  );
});
