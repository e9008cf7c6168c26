/** Two folders of manifests, as they are and as they would be, for a program that compares them. */
import { formatYaml } from "#base/yaml.ts";
import { newSuffix } from "#base/random.ts";
import type { Shell } from "../command.ts";
import { type Manifest, withoutManagedFields } from "../resources/manifest.ts";
import type { Target } from "../resources/select.ts";

export interface Compared {
  readonly target: Target;
  /** Undefined: there is none yet. */
  readonly live: Manifest | undefined;
  readonly merged: Manifest;
}

/** The exit code of the program: 0 when nothing differs. */
export async function compare(
  shell: Shell,
  all: readonly Compared[],
  keepsManagedFields: boolean,
): Promise<number> {
  const base = shell.env["TMPDIR"] ?? "/tmp";
  const live = `${base}/LIVE-${newSuffix(shell.random, 10)}`;
  const merged = `${base}/MERGED-${newSuffix(shell.random, 10)}`;
  try {
    for (const folder of [live, merged]) await shell.disk.makeFolder(folder, 0o700);
    for (const one of all) {
      const name = fileName(one.target);
      const shown = masked(one);
      const text = (object: Manifest): string =>
        formatYaml(keepsManagedFields ? object : withoutManagedFields(object));
      if (shown.live) await shell.disk.write(`${live}/${name}`, text(shown.live), 0o600);
      await shell.disk.write(`${merged}/${name}`, text(shown.merged), 0o600);
    }
    return await runDiff(shell, live, merged);
  } finally {
    for (const folder of [live, merged]) await shell.disk.remove(folder);
  }
}

/** exact: kubectl */
const fileName = ({ resource: { kind }, namespace = "", name }: Target): string =>
  `${kind.group === "" ? "" : `${kind.group}.`}${kind.version}.${kind.kind}.${namespace}.${name}`;

async function runDiff(shell: Shell, live: string, merged: string): Promise<number> {
  const external = (shell.env["KUBECTL_EXTERNAL_DIFF"] ?? "").split(" ").filter(Boolean);
  const [program = "diff", ...options] = external.length > 0 ? external : ["diff", "-u", "-N"];
  const args = [...options.filter(isHarmless), live, merged];
  const { code, output, errors } = await shell.processes.run({ program, args });
  shell.output.write(output);
  shell.errors.write(errors);
  return code;
}

/** exact: kubectl. Words of the variable that are neither letters, digits nor dashes are left out. */
const isHarmless = (word: string): boolean => /^[a-zA-Z0-9=-]+$|^\//.test(word);

type Data = Readonly<Record<string, string>>;

/** Nobody should read secrets from a screen: what differs is marked as before and after. */
function masked({ target, live, merged }: Compared): Pick<Compared, "live" | "merged"> {
  if (target.resource.kind.plural !== "secrets") return { live, merged };
  const [before, after] = [dataOf(live), dataOf(merged)];
  const hide = (data: Data, other: Data, mark: string): Data =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => {
        const differs = key in other && other[key] !== value;
        return [key, differs ? `*** (${mark})` : "***"];
      }),
    );
  return {
    live: live && { ...live, data: hide(before, after, "before") },
    merged: { ...merged, data: hide(after, before, "after") },
  };
}

const dataOf = (object: Manifest | undefined): Data => (object?.["data"] ?? {}) as Data;
