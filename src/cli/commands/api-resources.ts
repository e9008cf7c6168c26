/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/apiresources/apiresources.go */
import type { Verb } from "#api/kind.ts";
import type { Resource } from "#client/discovery.ts";
import { type Call, defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { alignTabs, tableTabs } from "../print/tab-writer.ts";
import { openSession } from "../session.ts";

const flags = {
  "api-group": flag.text("only the types of this group", { value: "GROUP" }),
  categories: flag.list("only types of these categories", { value: "NAME" }),
  namespaced: flag.switch("only types within namespaces, or, with =false, outside", {
    fallback: true,
  }),
  verbs: flag.list("only types that can be used in these ways", { value: "VERB" }),
  "sort-by": flag.text("name or kind", { value: "COLUMN", fallback: "" }),
  "no-headers": flag.switch("leave out the column headers"),
  cached: flag.switch("has no effect: nothing is cached"),
  output: flag.oneOf(["", "wide", "name"], "the form of the output", { short: "o", fallback: "" }),
} as const;

export const apiResources = defineCommand({
  name: "api-resources",
  usage: "",
  summary: "List the types of objects that the server knows",
  examples: ["k8ts api-resources -o wide", "k8ts api-resources --api-group=apps"],
  group: "settings",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    const session = await openSession(shell, call);
    const { resources } = await session.discovered();
    const wanted = resources.filter((resource) => isWanted(resource, call));
    const rows = wanted.toSorted((a, b) => (sortKey(a, given) < sortKey(b, given) ? -1 : 1));
    if (given.output === "name")
      return shell.output.write(rows.map((row) => `${fullName(row)}\n`).join(""));
    const isWide = given.output === "wide";
    const headers = isWide ? [...columns, "VERBS", "CATEGORIES"] : columns;
    const lines = [
      ...(given["no-headers"] ? [] : [headers.join("\t")]),
      ...rows.map((row) => cellsOf(row, isWide).join("\t")),
    ];
    shell.output.write(alignTabs(lines.map((line) => `${line}\n`).join(""), tableTabs));
  },
});

const columns: readonly string[] = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];

function isWanted(
  { kind, isPreferred }: Resource,
  { flags: given, given: named }: Call<typeof flags>,
) {
  const group = given["api-group"];
  const isNamespaced = kind.scope === "Namespaced";
  return (
    isPreferred &&
    kind.verbs.length > 0 &&
    (group === undefined || kind.group === group) &&
    (!named.has("namespaced") || isNamespaced === given.namespaced) &&
    given.verbs.every((verb) => kind.verbs.includes(verb as Verb)) &&
    given.categories.every((category) => kind.categories.includes(category))
  );
}

function sortKey({ kind }: Resource, given: Call<typeof flags>["flags"]): string {
  if (given["sort-by"] === "kind") return kind.kind;
  return given["sort-by"] === "name" ? kind.plural : `${kind.group} ${kind.plural}`;
}

const fullName = ({ kind }: Resource): string =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

const cellsOf = ({ kind }: Resource, isWide: boolean): readonly string[] => [
  kind.plural,
  kind.shortNames.join(","),
  kind.apiVersion,
  String(kind.scope === "Namespaced"),
  kind.kind,
  ...(isWide ? [kind.verbs.join(","), kind.categories.join(",")] : []),
];
