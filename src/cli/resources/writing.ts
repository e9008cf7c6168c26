/** What all commands that write have in common: dry runs, validation, what they say afterwards. */
import { flag } from "../flags.ts";
import { choosePrinter, type OutputChoice, outputFlags } from "../print/printer.ts";
import type { Shell } from "../command.ts";
import { fullName, type Manifest } from "./manifest.ts";
import type { WriteOptions } from "./objects.ts";

/** `manager` is noted as the owner of the fields, unless the user names another one. */
export const writeFlags = (manager: string) =>
  ({
    ...outputFlags,
    "dry-run": flag.text("none, server, or client: only show what would be done", {
      value: "none|server|client",
      bare: "client",
      fallback: "none",
    }),
    "field-manager": flag.text("who is noted as the owner of the fields", {
      value: "NAME",
      fallback: manager,
    }),
  }) as const;

export const validateFlag = flag.text("what becomes of unknown fields: strict, warn or ignore", {
  value: "strict|warn|ignore",
  bare: "strict",
  fallback: "strict",
});

export type DryRun = "none" | "client" | "server";

// exact: kubectl, the message
export function dryRunOf(text: string): DryRun {
  if (text === "none" || text === "client" || text === "server") return text;
  throw new Error(`Invalid dry-run value (${text}). Must be "none", "server", or "client".`);
}

const validations: Readonly<Record<string, NonNullable<WriteOptions["validation"]>>> = {
  true: "Strict",
  strict: "Strict",
  warn: "Warn",
  ignore: "Ignore",
  false: "Ignore",
};

// exact: kubectl, the message
export function validationOf(text: string): NonNullable<WriteOptions["validation"]> {
  const found = validations[text];
  if (found) return found;
  throw new Error(
    `invalid - validate option ${JSON.stringify(text)}; must be one of: strict (or true), warn, ignore (or false)`,
  );
}

export interface WriteFlags extends OutputChoice {
  readonly "dry-run": string;
  readonly "field-manager": string;
  readonly validate?: string;
}

/** How to write, and what to say about it. */
export interface Writing {
  readonly options: WriteOptions;
  readonly dryRun: DryRun;
  /** Prints the object as `-o` asks, else `pod/web created`. */
  readonly say: (object: Manifest, done: string) => void;
}

export async function writingOf(shell: Shell, flags: WriteFlags): Promise<Writing> {
  const dryRun = dryRunOf(flags["dry-run"]);
  const print = await choosePrinter(flags, shell);
  return {
    dryRun,
    options: {
      manager: flags["field-manager"],
      isDryRun: dryRun === "server",
      ...(flags.validate === undefined ? {} : { validation: validationOf(flags.validate) }),
    },
    say: (object, done) => shell.output.write(print ? print(object) : said(object, done, dryRun)),
  };
}

const said = (object: Manifest, done: string, dryRun: DryRun): string =>
  `${fullName(object)} ${done}${dryRunSuffix(dryRun)}\n`;

/** exact: kubectl */
export const dryRunSuffix = (dryRun: DryRun): string =>
  dryRun === "none" ? "" : dryRun === "client" ? " (dry run)" : " (server dry run)";
