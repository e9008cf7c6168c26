/** What Kubernetes' conformance suite asks for, by the names of its tests, and the tests of ours that hold it. */

/** A test by its file and name as they stand in the source; where it runs over a table, `row` stands in that, too. */
export interface Holder {
  readonly file: string;
  readonly test: string;
  readonly row?: string;
}

export type Held = readonly Holder[] | { readonly gap: string };

/** By the test's name, without its group in front and `[Conformance]` behind. */
export type Behaviours = Readonly<Record<string, Held>>;

export const by = (file: string, ...tests: readonly string[]): readonly Holder[] =>
  tests.map((test) => ({ file, test }));

export const gap = (why: string): Held => ({ gap: why });

/** A row of a test that runs over a table. */
export const row = (file: string, test: string, text: string): Holder => ({
  file,
  test,
  row: text,
});

const operations = "src/apiserver/conformance/operations.test.ts";

/** Every verb of a kind. */
export const verbs = (plural: string): Holder =>
  row(
    operations,
    "of ${plural}: discovery, create, get, list, watch, patch, update, delete",
    `  ${plural}: {`,
  );

export const statusOf = (plural: string): Holder =>
  row(operations, "of the status of ${plural}, which is a part of its own", `  ${plural}: {`);
