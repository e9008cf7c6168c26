/**
 * Where volumes lie on which node, and the pod that makes and removes them: a ConfigMap, so that
 * people see and change it. The format is that of the well-known provisioner of the same name.
 */
import { ConfigMap } from "#api/core/configmap.ts";
import { parseYaml } from "#base/yaml.ts";
import type { View } from "../runtime/controller.ts";

export const provisionerName = "k8ts.io/local-path";
export const systemNamespace = "kube-system";
export const configName = "local-path-config";

export interface Settings {
  readonly folderOn: (nodeName: string) => string | undefined;
  /** Everything of the helper pod but its name, its node and its task. */
  readonly helper: HelperTemplate;
}

export interface HelperTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly { readonly name: string; readonly image: string }[];
  };
}

/** What is wrong, in words, when it cannot be used. */
export function readSettings(view: View): Settings | string {
  const found = view.get(ConfigMap, systemNamespace, configName);
  if (!found) return `configmap "${systemNamespace}/${configName}" not found`;
  try {
    return parseSettings(found.data ?? {});
  } catch (cause) {
    return `configmap "${systemNamespace}/${configName}": ${(cause as Error).message}`;
  }
}

const others = "DEFAULT_PATH_FOR_NON_LISTED_NODES";

function parseSettings(data: Readonly<Record<string, string>>): Settings {
  const map = parsePaths(data["config.json"] ?? "");
  const helper = parseYaml(data["helperPod.yaml"] ?? "") as HelperTemplate | null;
  if (!helper?.spec?.containers?.[0]?.image)
    throw new Error("helperPod.yaml: spec.containers[0].image is missing");
  const entryOf = (node: string): PathsOfNode | undefined =>
    map.find((entry) => entry.node === node);
  return { helper, folderOn: (node) => (entryOf(node) ?? entryOf(others))?.paths[0] };
}

interface PathsOfNode {
  readonly node: string;
  /** None: no volumes there. */
  readonly paths: readonly string[];
}

function parsePaths(text: string): readonly PathsOfNode[] {
  const config = parseYaml(text) as { readonly nodePathMap?: readonly PathsOfNode[] } | null;
  const map = config?.nodePathMap;
  if (!Array.isArray(map))
    throw new Error("config.json: nodePathMap must be a list of { node, paths }");
  const bad = map.findIndex((entry: Partial<PathsOfNode> | null) => !isPathsOfNode(entry));
  if (bad >= 0)
    throw new Error(`config.json: nodePathMap[${bad}] must have a node and absolute paths`);
  return map;
}

const isPathsOfNode = (entry: Partial<PathsOfNode> | null): boolean =>
  typeof entry?.node === "string" && Array.isArray(entry.paths) && entry.paths.every(isAbsolute);

const isAbsolute = (path: unknown): boolean => typeof path === "string" && /^\/./.test(path);
