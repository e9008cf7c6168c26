/**
 * The kubeconfig files of a user: read as one, changed where the thing to change stands.
 * upstream: staging/src/k8s.io/client-go/tools/clientcmd/config.go#ModifyConfig
 */
import type { Disk } from "#base/disk.ts";
import {
  editKubeconfig,
  type Kubeconfig,
  loadKubeconfig,
  parseKubeconfig,
  withCurrentContext,
} from "#client/kubeconfig.ts";
import type { Shell } from "../command.ts";
import { kubeconfigPaths } from "../connect.ts";
import { type Change, type Entry, findEntry, type ListName, withEntry } from "./entries.ts";

interface ConfigFile {
  readonly path: string;
  readonly isThere: boolean;
  /** As it stands there: paths in it are relative to the file. */
  readonly config: Kubeconfig;
}

export async function openConfig(
  { disk, env }: Shell,
  { kubeconfig }: { readonly kubeconfig: string | undefined },
): Promise<ConfigFiles> {
  const paths = kubeconfigPaths(env, kubeconfig);
  const files = await Promise.all(
    paths.map(async (path) => ({
      path,
      isThere: (await disk.facts(path)) !== undefined,
      config: await readConfig(disk, path),
    })),
  );
  return new ConfigFiles(disk, files, await loadKubeconfig(disk, paths));
}

async function readConfig(disk: Disk, path: string): Promise<Kubeconfig> {
  const bytes = await disk.read(path);
  return parseKubeconfig(bytes ? new TextDecoder().decode(bytes) : "");
}

export class ConfigFiles {
  readonly #disk: Disk;
  readonly #files: readonly ConfigFile[];
  /** All of them, as commands see them. */
  readonly merged: Kubeconfig;

  constructor(disk: Disk, files: readonly ConfigFile[], merged: Kubeconfig) {
    this.#disk = disk;
    this.#files = files;
    this.merged = merged;
  }

  /** Where new things go: the first file that is there, else the last one that may be. */
  get path(): string {
    const found = this.#files.find(({ isThere }) => isThere) ?? this.#files.at(-1);
    return found?.path ?? "";
  }

  /** The file that an entry stands in, or would. */
  pathOf(list: ListName, name: string): string {
    const holds = ({ config }: ConfigFile): boolean => findEntry(config, list, name) !== undefined;
    return this.#files.find(holds)?.path ?? this.path;
  }

  find(list: ListName, name: string): Entry | undefined {
    const found = this.#files.map(({ config }) => findEntry(config, list, name));
    return found.find((entry) => entry !== undefined);
  }

  async change(change: Change): Promise<void> {
    const path = this.pathOf(change.list, change.name);
    await editKubeconfig(this.#disk, path, (config) => withEntry(config, change));
  }

  /** Empty: none. Then every file that names one must forget it. */
  async makeCurrent(name: string): Promise<void> {
    const naming = this.#files.filter(({ config }) => config["current-context"] !== "");
    const paths = name === "" ? naming.map(({ path }) => path) : [naming[0]?.path ?? this.path];
    for (const path of paths)
      await editKubeconfig(this.#disk, path, (config) => withCurrentContext(config, name));
  }
}
