/**
 * docs/differences.md: where we knowingly differ from upstream, as the comments beside the code say
 * it (`differs: …`). `npm run tidy -- --fix` writes it, `tidy` says when it is out of date.
 */
import type { SourceFile } from "./tidy.ts";

export const differencesFile = "docs/differences.md";

const head = `# Where we differ

What a client of Kubernetes could notice, and where it is in the code. This page is made from the comments that say
\`differs:\` there, by \`npm run tidy -- --fix\`. What is not built yet stands in the open issues, not here.
`;

export function differencesPage(files: readonly SourceFile[]): string {
  const sections = new Map<string, string[]>();
  for (const { path, text } of files) {
    const layer = /^src\/([\w-]+)\//.exec(path)?.[1];
    if (layer === undefined || path.endsWith(".test.ts")) continue;
    const lines = sections.get(layer) ?? [];
    for (const what of differencesIn(text)) {
      const link = `[${path.slice(`src/${layer}/`.length)}](../${path})`;
      lines.push(`- ${what} ${link}\n`);
    }
    if (lines.length > 0) sections.set(layer, lines);
  }
  const parts = Array.from(sections, ([layer, lines]) => `\n## ${layer}\n\n${lines.join("")}`);
  return head + parts.join("");
}

/** Each up to the end of its paragraph, as one line that begins with a capital letter. */
export function differencesIn(text: string): string[] {
  const found = text.matchAll(
    /(?:^|[*/;]) *differs: ((?:.*)(?:\n\s*(?:\*|\/\/)(?!\/| *(?:upstream|exact): ) ?[^/\s].*)*)/gm,
  );
  return Array.from(found, ([, comment = ""]) => {
    const words = comment
      .split("\n")
      .map((line, i) => (i === 0 ? line : line.replace(/^\s*(\*|\/\/) ?/, "")).trim())
      .join(" ")
      .replace(/\s*\*\/.*$/, "");
    return words.charAt(0).toUpperCase() + words.slice(1);
  });
}
