/** Labels and annotations are changed in the same way: by pairs behind the names of objects. */
import type { Call, Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { openSession, type Session } from "../session.ts";
import { fileFlags } from "./files.ts";
import { patchObject } from "./objects.ts";
import { type SplitArguments, splitPairs } from "./pairs.ts";
import { forEachTarget, selectionFlags, selectObjects, type Target } from "./select.ts";
import { writeFlags, type Writing, writingOf } from "./writing.ts";

export const relabelFlags = (manager: string, what: string) =>
  ({
    ...writeFlags(manager),
    ...fileFlags,
    ...selectionFlags,
    "field-selector": flag.text("only objects with these fields", {
      value: "SELECTOR",
      fallback: "",
    }),
    all: flag.switch("all objects of the types"),
    overwrite: flag.switch(`change ${what}s that have another value`),
    list: flag.switch(`print the ${what}s`),
    "resource-version": flag.text("only if the object still is of this version", {
      value: "VERSION",
    }),
  }) as const;

export type Texts = Readonly<Record<string, string>>;
type Change = Readonly<Record<string, string | null>>;

/** What sets one of the two apart from the other. */
export interface Field {
  readonly name: "labels" | "annotations";
  readonly what: "label" | "annotation";
  /** Throws when a key or a value cannot be. */
  readonly check: (pairs: SplitArguments) => void;
  /** Throws when something would be overwritten that must not. */
  readonly refuse: (conflicts: readonly { readonly key: string; readonly old: string }[]) => void;
  /** What the command says it did. */
  readonly done: (change: Change) => string;
  /** What it says when a key to be removed is not there. */
  readonly missing?: (key: string) => string;
}

type Given = Call<ReturnType<typeof relabelFlags>>;

export async function changeTexts(shell: Shell, call: Given, field: Field): Promise<void> {
  const { flags: given } = call;
  const pairs = splitPairs(call.args, field.what);
  // exact: kubectl
  if (pairs.set.size === 0 && pairs.removed.length === 0 && !given.list)
    throw new Error(`at least one ${field.what} update is required`);
  field.check(pairs);
  const writing = await writingOf(shell, given);
  const session = await openSession(shell, call);
  const found = await selectObjects(session, {
    ...given,
    args: pairs.args,
    allNamespaces: given["all-namespaces"],
    fieldSelector: given["field-selector"],
    takesAll: given.all,
  });
  await forEachTarget(found, (target) =>
    changeOne(session, target, { field, pairs, given, writing }),
  );
}

interface Changing {
  readonly field: Field;
  readonly pairs: SplitArguments;
  readonly given: Given["flags"];
  readonly writing: Writing;
}

async function changeOne(
  session: Session,
  target: Target,
  { field, pairs, given, writing }: Changing,
): Promise<void> {
  const { output } = session.shell;
  const { object } = target;
  const texts = object.metadata[field.name] ?? {};
  if (given.list) return output.write(listing(texts));
  if (!given.overwrite) refuseConflicts(texts, pairs, field);
  for (const key of pairs.removed) if (!(key in texts)) output.write(field.missing?.(key) ?? "");
  const change = changeOf(texts, pairs);
  const done = field.done(change);
  const version = given["resource-version"];
  if (Object.keys(change).length === 0 || writing.dryRun === "client") {
    const metadata = { ...object.metadata, [field.name]: applied(texts, change) };
    return writing.say({ ...object, metadata }, done);
  }
  const metadata = { [field.name]: change, ...(version ? { resourceVersion: version } : {}) };
  const request = { ...writing.options, is: "merge" as const, patch: { metadata } };
  writing.say(await patchObject(session, target, request), done);
}

function refuseConflicts(texts: Texts, { set }: SplitArguments, field: Field): void {
  const conflicts = [...set].flatMap(([key, value]) => {
    const old = texts[key];
    return old === undefined || old === value ? [] : [{ key, old }];
  });
  if (conflicts.length > 0) field.refuse(conflicts);
}

const changeOf = (texts: Texts, { set, removed }: SplitArguments): Change => ({
  ...Object.fromEntries([...set].filter(([key, value]) => texts[key] !== value)),
  ...Object.fromEntries(removed.filter((key) => key in texts).map((key) => [key, null])),
});

function applied(texts: Texts, change: Change): Texts {
  const entries = Object.entries({ ...texts, ...change });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

const listing = (texts: Texts): string =>
  Object.keys(texts)
    .toSorted()
    .map((key) => `${key}=${texts[key]}\n`)
    .join("");
