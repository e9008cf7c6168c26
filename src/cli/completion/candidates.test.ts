import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { type AnyCommand, defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { candidates, type Values } from "./candidates.ts";

const command = (name: string, usage: string, more: object = {}): AnyCommand =>
  defineCommand({
    name,
    usage,
    summary: "",
    group: "basic",
    flags: {},
    run: async () => {},
    ...more,
  });

const commands = [
  command("get", "(TYPE [NAME...] | TYPE/NAME...)", {
    flags: {
      output: flag.text("", { short: "o", value: "json|yaml" }),
      watch: flag.switch("", { short: "w" }),
    },
  }),
  command("logs", "(POD | TYPE/NAME)"),
  command("config use-context", "CONTEXT"),
  command("config view", ""),
  command("completion", "bash|zsh|fish"),
  command("serve", "", { group: "hidden" }),
];

const values: Values = {
  types: async () => ["pods", "services"],
  names: async (type) => (type === "namespaces" ? ["default", "dev"] : [`${type}-1`, `${type}-2`]),
  entries: async (list) => [`my-${list}`],
};

const cases = [
  ["", ["completion", "config", "get", "logs"]],
  ["co", ["completion", "config"]],
  ["config ", ["use-context", "view"]],
  ["config use-context ", ["my-contexts"]],
  ["completion ", ["bash", "fish", "zsh"]],
  ["get ", ["pods", "services"]],
  ["get po", ["pods"]],
  ["get pods ", ["pods-1", "pods-2"]],
  ["get -w pods ", ["pods-1", "pods-2"]],
  ["get -n dev pods ", ["pods-1", "pods-2"]],
  ["get svc/", ["svc/svc-1", "svc/svc-2"]],
  ["get svc/svc-1 ", []],
  ["get -o ", ["json", "yaml"]],
  ["get --output=y", ["--output=yaml"]],
  ["get --wat", ["--watch"]],
  ["get pods -n d", ["default", "dev"]],
  ["-n ", ["default", "dev"]],
  ["logs ", ["pods-1", "pods-2"]],
  ["logs deploy/", ["deploy/deploy-1", "deploy/deploy-2"]],
  ["logs pods-1 -- ", []],
  ["nope ", []],
] as const;
for (const [line, expected] of cases)
  test(`${JSON.stringify(line)} goes on with ${expected.join(" ") || "nothing"}`, async () =>
    deepEqual(await candidates(commands, line.split(" "), values), expected));
