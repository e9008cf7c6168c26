/**
 * Rules for the volumes of a pod.
 * upstream: pkg/apis/core/validation/validation.go#ValidateVolumes
 */
import { requiredText } from "#api/field-rules.ts";
import { byteLength, dnsLabel } from "#api/names.ts";
import { type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import {
  validateFieldRef,
  validateResourceFieldRef,
  volumeFields,
} from "./environment-validation.ts";
import { unreservedPath } from "./relative-path.ts";
import {
  type SourceName,
  validateKeyToPath,
  validateMode,
  validateOneSource,
  validateSource,
} from "./volume-source-rules.ts";
import type {
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  SecretProjection,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
  VolumeSource,
} from "./volume-sources.ts";

/** In upstream's order: of two sources, the later one is refused. */
const order: readonly (keyof VolumeSource)[] = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

/** exact: upstream names these fields otherwise than the API does. */
export const sourcePaths: { readonly [K in SourceName]?: string } = {
  gcePersistentDisk: "persistentDisk",
};

export function* validateVolume(volume: Volume, at: string): Iterable<FieldError> {
  const set = order.filter((name) => volume[name] !== undefined);
  const [name] = set;
  const source = name && volume[name];
  if (name && source) {
    yield* validateSource(name, source, `${at}.${sourcePaths[name] ?? name}`);
    yield* validateEntries({ [name]: source }, at);
  }
  yield* validateIscsiName(volume, at);
  yield* validateOneSource(set, at);
  yield* requiredText(`${at}.name`, volume.name, dnsLabel);
}

/** Sources made of entries: of a Secret, a ConfigMap, the pod itself, or several of them. */
function* validateEntries(volume: Partial<Volume>, at: string): Iterable<FieldError> {
  const { secret, configMap, downwardAPI, projected, ephemeral } = volume;
  if (secret) {
    if (!secret.secretName) yield required(`${at}.secret.secretName`);
    yield* validateMode(secret.defaultMode, `${at}.secret.defaultMode`);
    yield* validateItems(secret.items, `${at}.secret.items`);
  }
  if (configMap) {
    if (!configMap.name) yield required(`${at}.configMap.name`);
    yield* validateMode(configMap.defaultMode, `${at}.configMap.defaultMode`);
    yield* validateItems(configMap.items, `${at}.configMap.items`);
  }
  if (downwardAPI) {
    const path = `${at}.downwardAPI`;
    yield* validateMode(downwardAPI.defaultMode, `${path}.defaultMode`);
    for (const file of downwardAPI.items ?? []) yield* validateDownwardFile(file, path);
  }
  if (projected) yield* validateProjected(projected, `${at}.projected`);
  if (ephemeral && !ephemeral.volumeClaimTemplate) {
    yield required(`${at}.ephemeral.volumeClaimTemplate`);
  }
}

function* validateItems(items: readonly KeyToPath[] | undefined, at: string): Iterable<FieldError> {
  for (const [i, item] of (items ?? []).entries()) yield* validateKeyToPath(item, `${at}[${i}]`);
}

function* validateIscsiName({ name, iscsi }: Volume, at: string): Iterable<FieldError> {
  if (iscsi?.initiatorName === undefined) return;
  if (byteLength(`${name}:${iscsi.targetPortal}`) > 64)
    yield invalid(`${at}.name`, name, iscsiTooLong);
}

export const iscsiTooLong =
  "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

function* validateDownwardFile(file: DownwardAPIVolumeFile, at: string): Iterable<FieldError> {
  const { path, fieldRef, resourceFieldRef } = file;
  if (path === "") yield required(`${at}.path`);
  yield* unreservedPath(path, `${at}.path`);
  if (fieldRef && resourceFieldRef) {
    const problem = "fieldRef and resourceFieldRef can not be specified simultaneously";
    yield invalid(at, "resource", problem);
  }
  if (fieldRef) yield* validateFieldRef(fieldRef, `${at}.fieldRef`, volumeFields);
  else if (!resourceFieldRef)
    yield required(at, "one of fieldRef and resourceFieldRef is required");
  else if (!resourceFieldRef.containerName) {
    yield required(`${at}.resourceFieldRef.containerName`);
  } else yield* validateResourceFieldRef(resourceFieldRef, `${at}.resourceFieldRef`);
  yield* validateMode(file.mode, `${at}.mode`);
}

const projections = [
  "secret",
  "configMap",
  "downwardAPI",
  "serviceAccountToken",
  "clusterTrustBundle",
  "podCertificate",
] as const;

function* validateProjected(
  { sources, defaultMode }: ProjectedVolumeSource,
  at: string,
): Iterable<FieldError> {
  yield* validateMode(defaultMode, `${at}.defaultMode`);
  const taken = new Set<string>();
  for (const [i, source] of sources.entries()) {
    const path = `${at}.sources[${i}]`;
    yield* validateProjection(source, path, at);
    for (const [shown, file] of pathsOf(source)) {
      if (taken.has(file)) yield invalid(at, shown, "conflicting duplicate paths");
      taken.add(file);
    }
    if (projections.filter((name) => source[name] !== undefined).length > 1) {
      yield forbidden(path, "may not specify more than 1 volume type per source");
    }
  }
}

function* validateProjection(
  source: VolumeProjection,
  at: string,
  volumeAt: string,
): Iterable<FieldError> {
  const { secret, configMap, downwardAPI, serviceAccountToken: token } = source;
  if (secret) yield* validateNamedItems(secret, `${at}.secret`);
  if (configMap) yield* validateNamedItems(configMap, `${at}.configMap`);
  for (const file of downwardAPI?.items ?? []) {
    yield* validateDownwardFile(file, `${at}.downwardAPI`);
  }
  if (!token) return;
  yield* validateExpiration(token, `${at}.serviceAccountToken.expirationSeconds`);
  if (token.path === "") yield required(`${volumeAt}.path`);
  else yield* unreservedPath(token.path, `${volumeAt}.path`);
}

function* validateNamedItems(
  { name, items }: SecretProjection | ConfigMapProjection,
  at: string,
): Iterable<FieldError> {
  if (!name) yield required(`${at}.name`);
  yield* validateItems(items, `${at}.items`);
}

function* validateExpiration(
  { expirationSeconds: seconds = 0 }: ServiceAccountTokenProjection,
  path: string,
): Iterable<FieldError> {
  if (seconds < 600) {
    yield invalid(path, seconds, "may not specify a duration less than 10 minutes");
  } else if (seconds > 2 ** 32) {
    yield invalid(path, seconds, "may not specify a duration larger than 2^32 seconds");
  }
}

/** The files that a source makes, each with what an error about it shows. */
function* pathsOf(source: VolumeProjection): Iterable<readonly [shown: string, path: string]> {
  for (const named of [source.secret, source.configMap]) {
    for (const { path } of named?.items ?? []) if (path) yield [named?.name ?? "", path];
  }
  for (const { path } of source.downwardAPI?.items ?? []) if (path) yield [path, path];
}
