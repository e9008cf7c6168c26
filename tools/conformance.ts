/**
 * docs/conformance.md: which test of ours fails when a behaviour that Kubernetes' conformance suite asks for is
 * broken, as the tables of `tools/conformance/` say it. `npm run tidy -- --fix` writes the page; `tidy` says when it
 * is out of date, or when a test that is named does not exist.
 */
import { dirname } from "node:path";
import type { Behaviours, Holder } from "./conformance/behaviour.ts";
import { sigApiMachinery } from "./conformance/sig-api-machinery.ts";
import { sigApps } from "./conformance/sig-apps.ts";
import { sigAuth, sigCli, sigInstrumentation, sigScheduling } from "./conformance/small-groups.ts";
import { sigNetwork } from "./conformance/sig-network.ts";
import { sigNode } from "./conformance/sig-node.ts";
import { sigStorage } from "./conformance/sig-storage.ts";
import type { SourceFile } from "./tidy.ts";

export const conformanceFile = "docs/conformance.md";

const groups: Readonly<Record<string, Behaviours>> = {
  "sig-api-machinery": sigApiMachinery,
  "sig-apps": sigApps,
  "sig-auth": sigAuth,
  "sig-cli": sigCli,
  "sig-instrumentation": sigInstrumentation,
  "sig-network": sigNetwork,
  "sig-node": sigNode,
  "sig-scheduling": sigScheduling,
  "sig-storage": sigStorage,
};

const head = `# Conformance

Kubernetes' conformance suite asks for 446 behaviours. Beside each stands the test of ours that fails when it is broken,
or what is missing. The tables are in \`tools/conformance/\`; this page is made from them by \`npm run tidy -- --fix\`,
and \`tidy\` fails when a test that they name is not there. One behaviour is left out: "at least two untainted nodes" is
a demand on the cluster that the suite runs in.

| group | held | open |
| --- | --- | --- |
`;

export function conformancePage(): string {
  const rows: string[] = [];
  const sections: string[] = [];
  const total = { held: 0, open: 0 };
  for (const [group, behaviours] of Object.entries(groups)) {
    const entries = Object.entries(behaviours);
    const open = entries.filter(([, held]) => "gap" in held).length;
    total.held += entries.length - open;
    total.open += open;
    rows.push(`| ${group} | ${entries.length - open} | ${open} |\n`);
    sections.push(`\n## ${group}\n\n${entries.map(lineOf).join("")}`);
  }
  rows.push(`| **all** | ${total.held} | ${total.open} |\n`);
  return head + rows.join("") + sections.join("");
}

const lineOf = ([name, held]: [string, Behaviours[string]]): string =>
  "gap" in held
    ? `- ${name}: **open**, ${held.gap}\n`
    : `- ${name}: ${[...new Set(held.map(linkTo))].join(", ")}\n`;

const linkTo = ({ file }: Holder): string =>
  `[${file.replace(/^src\//, "").replace(/\.test\.ts$/, "")}](../${file})`;

/** Tests that are named and are not there. */
export function conformanceProblems(files: readonly SourceFile[]): readonly string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const problems = Object.entries(groups).flatMap(([group, behaviours]) =>
    Object.entries(behaviours).flatMap(([name, held]) =>
      "gap" in held
        ? []
        : held.filter((one) => !exists(one, texts)).map((one) => missing(group, name, one)),
    ),
  );
  return problems;
}

const missing = (group: string, name: string, { file, test, row }: Holder): string =>
  `[${group}] ${name}: ${file} has no test "${test}"${row === undefined ? "" : ` with ${row}`}`;

export function exists({ file, test, row }: Holder, texts: ReadonlyMap<string, string>): boolean {
  const text = texts.get(file);
  if (text === undefined) return false;
  const isThere = ['"', "`"].some((quote) => text.includes(quote + test + quote));
  if (!isThere || row === undefined) return isThere;
  const table = texts.get(`${dirname(file)}/testing.ts`) ?? "";
  return text.includes(row) || table.includes(row);
}
