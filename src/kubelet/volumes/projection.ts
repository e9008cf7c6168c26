/** Files made from objects: what ConfigMap, Secret, downward API and projected volumes share. */
import type { ConfigMap } from "#api/core/configmap.ts";
import type { Secret } from "#api/core/secret.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "#api/core/volume-sources.ts";
import { fieldText, resourceText } from "../container/field-path.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { type VolumeContext, VolumeError, type VolumeFile } from "./volume.ts";

export const defaultMode = 0o644;

type Content = string | Uint8Array;

export const configMapContent = ({ data, binaryData }: ConfigMap): ReadonlyMap<string, Content> =>
  new Map<string, Content>([...Object.entries(data ?? {}), ...decoded(binaryData)]);

export const secretContent = ({ data }: Secret): ReadonlyMap<string, Content> =>
  new Map(decoded(data));

const decoded = (data: { readonly [key: string]: string } | undefined): [string, Uint8Array][] =>
  Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]);

interface Selection {
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
  readonly mode: number;
  /** How errors call a key. */
  readonly keyName: "config key" | "secret key";
}

/** All keys, or those that are asked for, where they are asked for. */
export function selectFiles(
  content: ReadonlyMap<string, Content>,
  { items, optional, mode, keyName }: Selection,
): readonly VolumeFile[] {
  if (!items?.length) return [...content].map(([path, bytes]) => ({ path, content: bytes, mode }));
  return items.flatMap((item) => {
    const bytes = content.get(item.key);
    if (bytes !== undefined) return [{ path: item.path, content: bytes, mode: item.mode ?? mode }];
    if (optional) return [];
    throw new VolumeError(`references non-existent ${keyName}: ${item.key}`); // exact: kubelet
  });
}

/** exact: kubelet */
export const notFound = (kind: "configmap" | "secret", name: string): VolumeError =>
  new VolumeError(`${kind} ${JSON.stringify(name)} not found`);

interface ObjectSource {
  readonly name?: string | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

export async function configMapFiles(
  source: ObjectSource,
  context: VolumeContext,
  mode: number,
): Promise<readonly VolumeFile[]> {
  const { name = "", optional } = source;
  const found = await context.objects.configMap(context.pod.metadata.namespace ?? "", name);
  if (!found && !optional) throw notFound("configmap", name);
  const content = found ? configMapContent(found) : new Map<string, Content>();
  return selectFiles(content, { ...source, mode, keyName: "config key" });
}

export async function secretFiles(
  source: ObjectSource,
  context: VolumeContext,
  mode: number,
): Promise<readonly VolumeFile[]> {
  const { name = "", optional } = source;
  const found = await context.objects.secret(context.pod.metadata.namespace ?? "", name);
  if (!found && !optional) throw notFound("secret", name);
  const content = found ? secretContent(found) : new Map<string, Content>();
  return selectFiles(content, { ...source, mode, keyName: "secret key" });
}

export const downwardFiles = (
  items: readonly DownwardAPIVolumeFile[] | undefined,
  context: VolumeContext,
  mode: number,
): readonly VolumeFile[] =>
  (items ?? []).map((item) => ({
    path: item.path,
    content: downwardText(item, context),
    mode: item.mode ?? mode,
  }));

function downwardText(
  { fieldRef, resourceFieldRef }: DownwardAPIVolumeFile,
  { pod, addresses, allocatable }: VolumeContext,
): string {
  if (fieldRef) {
    const text = fieldText(pod, fieldRef.fieldPath, addresses);
    if (text !== undefined) return text;
    throw new VolumeError(`unsupported fieldPath: ${fieldRef.fieldPath}`); // exact: kubelet
  }
  const { containerName = "", resource = "" } = resourceFieldRef ?? {};
  const of = findContainer(pod, containerName)?.container;
  const text = resourceFieldRef && of && resourceText(resourceFieldRef, of, allocatable);
  if (text !== undefined) return text;
  throw new VolumeError(`unsupported container resource : ${resource}`); // exact: kubelet
}
