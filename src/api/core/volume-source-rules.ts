/**
 * Rules for what volumes are made of, one entry per source; pods and persistent volumes share most.
 * upstream: pkg/apis/core/validation/validation.go#validateVolumeSource
 *
 * differs: of the storage systems in the tree that no longer have code upstream either, only the
 * required fields are checked (Quobyte registries, Azure disk addresses, Flocker names are not).
 */
import { requiredText } from "#api/field-rules.ts";
import {
  byteLength,
  dnsLabel,
  dnsSubdomain,
  inclusiveRange,
  invalidEach,
  namespaceName,
} from "#api/names.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "#schema/field-error.ts";
import { quantityOf } from "#base/quantity.ts";
import type { CSIPersistentVolumeSource, PersistentVolumeSource } from "./persistentvolume.ts";
import { isAbsolute, descendingPath, noBacksteps, unreservedPath } from "./relative-path.ts";
import type { LocalObjectReference, SecretReference } from "./references.ts";
import type {
  CSIVolumeSource,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  VolumeSource,
} from "./volume-sources.ts";
import type { FCVolumeSource, ISCSIVolumeSource } from "./storage-systems.ts";

type Sources = Omit<VolumeSource, keyof PersistentVolumeSource> & {
  readonly [K in keyof PersistentVolumeSource]: K extends keyof VolumeSource
    ? VolumeSource[K] | PersistentVolumeSource[K]
    : PersistentVolumeSource[K];
};
export type SourceName = keyof Sources;
type Rules = {
  readonly [K in SourceName]?: (
    source: NonNullable<Sources[K]>,
    at: string,
  ) => Iterable<FieldError>;
};

/** The fields that must be there. */
const needed: { readonly [K in SourceName]?: readonly string[] } = {
  gitRepo: ["repository"],
  gcePersistentDisk: ["pdName"],
  awsElasticBlockStore: ["volumeID"],
  glusterfs: ["endpoints", "path"],
  persistentVolumeClaim: ["claimName"],
  rbd: ["monitors", "image"],
  cinder: ["volumeID"],
  cephfs: ["monitors"],
  quobyte: ["registry", "volume"],
  flexVolume: ["driver"],
  azureFile: ["secretName", "shareName"],
  azureDisk: ["diskName", "diskURI"],
  vsphereVolume: ["volumePath"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  scaleIO: ["gateway", "system", "volumeName"],
  storageos: ["volumeName"],
};

const rules: Rules = {
  emptyDir: validateEmptyDir,
  hostPath: validateHostPath,
  local: validateHostPath,
  *gitRepo({ directory }, at) {
    if (directory) yield* descendingPath(directory, `${at}.directory`);
  },
  gcePersistentDisk: validatePartition,
  awsElasticBlockStore: validatePartition,
  nfs: validateNfs,
  iscsi: validateIscsi,
  fc: validateFc,
  *flocker({ datasetName, datasetUUID }, at) {
    if (!datasetName && !datasetUUID) {
      yield required(at, "one of datasetName and datasetUUID is required");
    }
  },
  flexVolume: ({ options }, at) => validateFlexOptions(options ?? {}, `${at}.options`),
  *glusterfs(source, at) {
    const namespace = "endpointsNamespace" in source ? source.endpointsNamespace : undefined;
    if (namespace === undefined) return;
    const path = `${at}.endpointsNamespace`;
    yield* invalidEach(path, namespace, namespaceName(namespace, false));
  },
  cinder: ({ secretRef }, at) => validateSecretName(secretRef, at),
  *storageos({ volumeName, volumeNamespace, secretRef }, at) {
    if (volumeName) yield* invalidEach(`${at}.volumeName`, volumeName, dnsLabel(volumeName));
    if (volumeNamespace) {
      yield* invalidEach(`${at}.volumeNamespace`, volumeNamespace, dnsLabel(volumeNamespace));
    }
    yield* validateSecretName(secretRef, at);
  },
  csi: validateCsi,
};

/** `at` is the path of the source itself. */
export function* validateSource(
  name: SourceName,
  source: object,
  at: string,
): Iterable<FieldError> {
  for (const field of needed[name] ?? []) {
    if (isUnset((source as { readonly [field: string]: unknown })[field])) {
      yield required(`${at}.${field}`);
    }
  }
  yield* rules[name]?.(source as never, at) ?? [];
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** The names that are set, in the order in which upstream looks for them. */
export function* validateOneSource(set: readonly SourceName[], at: string): Iterable<FieldError> {
  if (set.length === 0) yield required(at, "must specify a volume type");
  for (const name of set.slice(1)) {
    yield forbidden(`${at}.${name}`, "may not specify more than 1 volume type");
  }
}

function* validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, at: string): Iterable<FieldError> {
  if (sizeLimit !== undefined && quantityOf(sizeLimit).sign() < 0) {
    yield forbidden(`${at}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
  }
}

function* validateHostPath(
  { path }: Pick<HostPathVolumeSource, "path">,
  at: string,
): Iterable<FieldError> {
  if (path === "") yield required(`${at}.path`);
  else yield* noBacksteps(path, `${at}.path`);
}

function* validatePartition(
  { partition = 0 }: { readonly partition?: number | undefined },
  at: string,
): Iterable<FieldError> {
  if (partition < 0 || partition > 255) {
    yield invalid(`${at}.partition`, partition, inclusiveRange(1, 255));
  }
}

function* validateNfs({ server, path }: NFSVolumeSource, at: string): Iterable<FieldError> {
  if (server === "") yield required(`${at}.server`);
  if (path === "") yield required(`${at}.path`);
  if (!isAbsolute(path)) yield invalid(`${at}.path`, path, "must be an absolute path");
}

type Iscsi = Omit<ISCSIVolumeSource, "secretRef"> & { readonly secretRef?: object | undefined };

function* validateIscsi(source: Iscsi, at: string): Iterable<FieldError> {
  const { targetPortal, iqn, lun, initiatorName } = source;
  if (targetPortal === "") yield required(`${at}.targetPortal`);
  if (iqn === "") yield required(`${at}.iqn`);
  else yield* validateInitiator(iqn, `${at}.iqn`);
  if (lun < 0 || lun > 255) yield invalid(`${at}.lun`, lun, inclusiveRange(0, 255));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
    yield required(`${at}.secretRef`);
  }
  if (initiatorName !== undefined) yield* validateInitiator(initiatorName, `${at}.initiatorname`);
}

const initiators: { readonly [prefix: string]: RegExp } = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function* validateInitiator(name: string, path: string): Iterable<FieldError> {
  const format = initiators[name.slice(0, 3)];
  if (!format) yield invalid(path, name, "must be valid format starting with iqn, eui, or naa");
  else if (!format.test(name)) yield invalid(path, name, "must be valid format");
}

function* validateFc(source: FCVolumeSource, at: string): Iterable<FieldError> {
  const { targetWWNs = [], wwids = [], lun } = source;
  if (targetWWNs.length === 0 && wwids.length === 0) {
    const hint = "must specify either targetWWNs or wwids, but not both";
    yield required(`${at}.targetWWNs`, hint);
  }
  if (targetWWNs.length === 0) return;
  if (wwids.length > 0) {
    const problem = "targetWWNs and wwids can not be specified simultaneously";
    yield invalid(`${at}.targetWWNs`, targetWWNs, problem);
  }
  if (lun === undefined) yield required(`${at}.lun`, "lun is required if targetWWNs is specified");
  else if (lun < 0 || lun > 255) yield invalid(`${at}.lun`, lun, inclusiveRange(0, 255));
}

function* validateFlexOptions(
  options: { readonly [key: string]: string },
  at: string,
): Iterable<FieldError> {
  for (const key of Object.keys(options)) {
    const [domain = ""] = key.split("/");
    if (/\.(kubernetes|k8s)\.io$/.test(`.${domain.toLowerCase()}`)) {
      yield invalid(`${at}[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved");
    }
  }
}

function* validateSecretName(
  reference: LocalObjectReference | undefined,
  at: string,
): Iterable<FieldError> {
  if (reference && !reference.name) yield required(`${at}.secretRef.name`);
}

const csiSecrets = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
] as const;

function* validateCsi(
  source: CSIVolumeSource | CSIPersistentVolumeSource,
  at: string,
): Iterable<FieldError> {
  yield* validateCsiDriverName(source.driver, `${at}.driver`);
  if ("volumeHandle" in source) yield* validatePersistentCsi(source, at);
  else if (source.nodePublishSecretRef) {
    const { name = "" } = source.nodePublishSecretRef;
    if (name === "") yield required(`${at}.nodePublishSecretRef.name`);
    else yield* invalidEach(`${at}.name`, name, dnsSubdomain(name));
  }
}

function* validatePersistentCsi(
  source: CSIPersistentVolumeSource,
  at: string,
): Iterable<FieldError> {
  if (source.volumeHandle === "") yield required(`${at}.volumeHandle`);
  for (const field of csiSecrets) {
    const reference = source[field];
    if (reference) yield* validateSecretReference(reference, `${at}.${field}`);
  }
}

function* validateSecretReference(
  { name, namespace }: SecretReference,
  at: string,
): Iterable<FieldError> {
  yield* requiredText(`${at}.name`, name, dnsSubdomain);
  yield* requiredText(`${at}.namespace`, namespace, dnsLabel);
}

export function* validateCsiDriverName(driver: string, path: string): Iterable<FieldError> {
  if (driver === "") yield required(path);
  if (byteLength(driver) > 63) yield tooLong(path, 63);
  yield* invalidEach(path, driver, dnsSubdomain(driver.toLowerCase()));
}

const modeProblem = "must be a number between 0 and 0777 (octal), both inclusive";

export function* validateMode(mode: number | undefined, path: string): Iterable<FieldError> {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) yield invalid(path, mode, modeProblem);
}

export function* validateKeyToPath(item: KeyToPath, at: string): Iterable<FieldError> {
  if (item.key === "") yield required(`${at}.key`);
  if (item.path === "") yield required(`${at}.path`);
  yield* unreservedPath(item.path, `${at}.path`);
  yield* validateMode(item.mode, `${at}.mode`);
}
