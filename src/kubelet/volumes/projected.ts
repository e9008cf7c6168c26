/**
 * Several sources in one folder, among them the service account's token.
 * upstream: pkg/volume/projected/projected.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { VolumeProjection } from "#api/core/volume-sources.ts";
import { configMapFiles, defaultMode, downwardFiles, secretFiles } from "./projection.ts";
import { defineVolume, type VolumeContext, VolumeError, type VolumeFiles } from "./volume.ts";

export const projected = defineVolume({
  of: "projected",
  folder: "kubernetes.io~projected",
  files: async ({ sources, defaultMode: mode = defaultMode }, context) => {
    const parts = await Promise.all(sources.map((source) => filesOf(source, context, mode)));
    const refreshes = parts.map(({ refreshAtMs = Infinity }) => refreshAtMs);
    const refreshAtMs = Math.min(...refreshes);
    return {
      files: parts.flatMap(({ files }) => files),
      ...(Number.isFinite(refreshAtMs) ? { refreshAtMs } : {}),
    };
  },
});

async function filesOf(
  source: VolumeProjection,
  context: VolumeContext,
  mode: number,
): Promise<VolumeFiles> {
  if (source.configMap) return { files: await configMapFiles(source.configMap, context, mode) };
  if (source.secret) return { files: await secretFiles(source.secret, context, mode) };
  if (source.downwardAPI) return { files: downwardFiles(source.downwardAPI.items, context, mode) };
  if (source.serviceAccountToken) return tokenFile(source, context, mode);
  const [type = "nothing"] = Object.keys(source);
  throw new VolumeError(`projected volume source ${type} is not supported`);
}

async function tokenFile(
  { serviceAccountToken }: VolumeProjection,
  { pod, objects }: VolumeContext,
  mode: number,
): Promise<VolumeFiles> {
  if (!serviceAccountToken) return { files: [] };
  const { token, refreshAtMs } = await objects.token(pod, serviceAccountToken);
  const uid = commonUser(pod);
  const isPrivate = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  const file = {
    path: serviceAccountToken.path,
    content: token,
    // Whoever must read it is known: nobody else needs to.
    mode: isPrivate ? 0o600 : mode,
    ...(uid === undefined ? {} : { uid }),
  };
  return { files: [file], refreshAtMs };
}

/** The user that all containers run as, when there is one. */
function commonUser({ spec }: Pod): number | undefined {
  const users = [...spec.containers, ...(spec.initContainers ?? [])].map(
    ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
  );
  const [first] = users;
  return users.every((user) => user === first) ? first : undefined;
}
