/**
 * Prints objects in the form that `-o` asks for.
 * upstream: staging/src/k8s.io/cli-runtime/pkg/genericclioptions/print_flags.go
 */
import { formatYaml } from "#base/yaml.ts";
import type { Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { readText } from "../resources/files.ts";
import {
  fullName,
  isList,
  type Manifest,
  type ManifestList,
  withoutManagedFields,
} from "../resources/manifest.ts";
import {
  type CustomColumns,
  formatCustomColumns,
  parseCustomColumns,
  parseCustomColumnsFile,
} from "./custom-columns.ts";
import { formatJson } from "#base/go-json.ts";
import { compileJsonPath, JsonPathError } from "#base/jsonpath.ts";
import { tableTabs } from "./tab-writer.ts";

type Printed = Manifest | ManifestList;
export type Print = (object: Printed) => string;

/** Of commands that print the objects they made or changed. */
export const outputFlags = {
  output: flag.text("the form of the output: json, yaml, name, jsonpath=TEMPLATE, …", {
    short: "o",
    value: "FORM",
    fallback: "",
  }),
  template: flag.text("the template for jsonpath and custom columns, instead of -o FORM=TEMPLATE", {
    value: "TEXT",
  }),
  "show-managed-fields": flag.switch("keep metadata.managedFields in json and yaml"),
  "allow-missing-template-keys": flag.switch("a field that a template names may be missing", {
    fallback: true,
  }),
} as const;

export interface OutputChoice {
  readonly output: string;
  readonly template?: string | undefined;
  readonly "show-managed-fields"?: boolean;
  readonly "allow-missing-template-keys"?: boolean;
  readonly "no-headers"?: boolean;
}

/** A form that `-o` may name, beyond those for people. */
interface Form {
  readonly name: string;
  readonly make: (choice: OutputChoice, template: string, shell: Shell) => Promise<Print>;
}

const forms: readonly Form[] = [
  { name: "json", make: async (choice) => (object) => formatJson(shown(object, choice)) },
  {
    name: "yaml",
    make: async (choice) => {
      let count = 0;
      return (object) => `${count++ > 0 ? "---\n" : ""}${formatYaml(shown(object, choice))}`;
    },
  },
  { name: "name", make: async () => (object) => itemsOf(object).map(nameLine).join("") },
  { name: "jsonpath", make: async (choice, template) => jsonPathPrinter(template, choice) },
  {
    name: "jsonpath-file",
    make: async (choice, file, shell) =>
      jsonPathPrinter((await readText(shell, required(file))).replace(/\n$/, ""), choice),
  },
  {
    name: "jsonpath-as-json",
    make: async (choice, template) => jsonPathAsJson(template, choice),
  },
  {
    name: "custom-columns",
    make: async (choice, spec) => columnPrinter(parseCustomColumns(spec), choice),
  },
  {
    name: "custom-columns-file",
    make: async (choice, file, shell) =>
      columnPrinter(parseCustomColumnsFile(await readText(shell, required(file))), choice),
  },
];

const templateForms = ["go-template", "go-template-file", "template", "templatefile"];

/** Undefined for the forms that people read: none, `wide`. Throws when there is no such form. */
export async function choosePrinter(
  choice: OutputChoice,
  shell: Shell,
): Promise<Print | undefined> {
  const { output } = choice;
  if (output === "" || output === "wide") {
    if (choice.template !== undefined) return choosePrinter(asTemplate(choice), shell);
    return undefined;
  }
  const at = output.indexOf("=");
  const name = at < 0 ? output : output.slice(0, at);
  const template = at < 0 ? choice.template : output.slice(at + 1);
  if (templateForms.includes(name))
    throw new Error(`${name} is not supported: use -o jsonpath=… or -o custom-columns=…`);
  const form = forms.find((candidate) => candidate.name === name);
  if (!form || (at >= 0 && !takesTemplate(name))) throw unknownForm(output);
  return form.make(choice, template ?? "", shell);
}

const asTemplate = (choice: OutputChoice): OutputChoice => ({ ...choice, output: "go-template" });

const takesTemplate = (name: string): boolean => /^(jsonpath|custom-columns)/.test(name);

const unknownForm = (output: string): Error =>
  new Error(
    // exact: kubectl
    `unable to match a printer suitable for the output format "${output}", allowed formats are: ${[
      ...forms.map(({ name }) => name),
      ...templateForms,
      "wide",
    ]
      .toSorted()
      .join(",")}`,
  );

// exact: kubectl
function required(template: string): string {
  if (template === "") throw new Error("template format specified but no template given");
  return template;
}

const shown = (object: Printed, choice: OutputChoice): Printed =>
  choice["show-managed-fields"] ? object : withoutManagedFields(object);

const itemsOf = (object: Printed): readonly Manifest[] =>
  isList(object) ? object.items : [object];

const nameLine = (object: Manifest): string => `${fullName(object)}\n`;

function compiled(template: string, choice: OutputChoice): ReturnType<typeof compileJsonPath> {
  try {
    return compileJsonPath(required(template), {
      allowsMissing: choice["allow-missing-template-keys"] ?? true,
    });
  } catch (cause) {
    if (!(cause instanceof JsonPathError)) throw cause;
    // exact: kubectl
    throw new Error(`error parsing jsonpath ${template}, ${cause.message}`, { cause });
  }
}

/** differs: kubectl prints the whole object with the error, for debugging. */
function run<T>(template: string, execute: () => T): T {
  try {
    return execute();
  } catch (cause) {
    if (!(cause instanceof JsonPathError)) throw cause;
    throw new Error(
      `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${cause.message}`, // exact: kubectl
      { cause },
    );
  }
}

function jsonPathPrinter(template: string, choice: OutputChoice): Print {
  const path = compiled(template, choice);
  return (object) => run(template, () => path.print(object));
}

function jsonPathAsJson(template: string, choice: OutputChoice): Print {
  const path = compiled(template, choice);
  return (object) => formatJson(run(template, () => path.find(object).flat()));
}

function columnPrinter(columns: CustomColumns, choice: OutputChoice): Print {
  const tabs = { ...tableTabs, remembered: [] };
  let hasHeaders = !choice["no-headers"];
  return (object) => {
    const text = formatCustomColumns(columns, itemsOf(object), { hasHeaders, tabs });
    hasHeaders = false;
    return text;
  };
}
