/** The text that people edit, and back. upstream: staging/src/k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go */
import { parseYaml, YamlError } from "#base/yaml.ts";
import { newSuffix } from "#base/random.ts";
import type { Shell } from "../command.ts";
import type { Manifest } from "../resources/manifest.ts";

// exact: kubectl
const header = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  "and an empty file will abort the edit. If an error occurs while saving this file will be",
  "reopened with the relevant failures.",
  "",
];

/** `problems`: why it is opened once more. */
export function editableText(body: string, problems: readonly string[]): string {
  const comments = [...header, ...problems.flatMap((problem) => problem.split("\n"))];
  const lines = comments.map((line) => `# ${line}`.trimEnd());
  return `${lines.join("\n")}\n${problems.length > 0 ? "#\n" : ""}${body}`;
}

export const withoutComments = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");

/** Undefined when nothing but comments is left. Throws on what is no object. */
export function objectIn(text: string): Manifest | undefined {
  const kept = withoutComments(text);
  if (kept.trim() === "") return undefined;
  try {
    return parseYaml(kept) as Manifest;
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new Error(`The edited file had a syntax error: ${cause.message}`, { cause }); // exact: kubectl
  }
}

/** What the user made of the text. */
export async function edited(shell: Shell, text: string): Promise<string> {
  const path = `${shell.env["TMPDIR"] ?? "/tmp"}/kubectl-edit-${newSuffix(shell.random, 10)}.yaml`;
  await shell.disk.write(path, text, 0o600);
  try {
    const code = await runEditor(shell, path);
    if (code !== 0) throw new Error(`there was a problem with the editor: exit code ${code}`);
    return new TextDecoder().decode(await shell.disk.read(path));
  } finally {
    await shell.disk.remove(path);
  }
}

/** The variable may hold options too. */
async function runEditor(shell: Shell, path: string): Promise<number> {
  const { env, foreground, processes } = shell;
  const words = (env["KUBE_EDITOR"] || env["EDITOR"] || "vi").split(/\s+/).filter(Boolean);
  const [program = "vi", ...options] = words;
  const call = { program, args: [...options, path] };
  if (foreground) return foreground(call);
  const { code, errors } = await processes.run(call);
  shell.errors.write(errors);
  return code;
}
