/**
 * Rules for what volumes are made of, one entry per source; pods and persistent volumes share most.
 * upstream: pkg/apis/core/validation/validation.go#validateVolumeSource
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
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from "#schema/field-error.ts";
import { quantityOf } from "#base/quantity.ts";
import type {
  CSIPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  PersistentVolumeSource,
} from "./persistentvolume.ts";
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
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  QuobyteVolumeSource,
} from "./storage-systems.ts";

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

type PersistentRules = {
  readonly [K in keyof PersistentVolumeSource]?: (
    source: NonNullable<PersistentVolumeSource[K]>,
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
  flocker: validateFlocker,
  quobyte: validateQuobyte,
  azureDisk: validateAzureDisk,
  flexVolume: ({ options }, at) => validateFlexOptions(options ?? {}, `${at}.options`),
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

/** Where persistent volumes have rules of their own, or further ones. */
const persistentRules: PersistentRules = {
  iscsi: validatePersistentIscsi,
  *glusterfs({ endpointsNamespace: namespace }, at) {
    if (namespace === undefined) return;
    const path = `${at}.endpointsNamespace`;
    if (namespace === "") {
      const problem = "if the endpointnamespace is set, it must be a valid namespace name";
      yield invalid(path, namespace, problem);
    } else yield* invalidEach(path, namespace, namespaceName(namespace, false));
  },
  *azureFile({ secretNamespace }, at) {
    if (secretNamespace === "") yield required(`${at}.secretNamespace`);
  },
  cinder: validateSecretPlace,
  *storageos(source, at) {
    yield* rules.storageos?.(source, at) ?? [];
    if (source.secretRef && !source.secretRef.namespace) {
      yield required(`${at}.secretRef.namespace`);
    }
  },
};

/** `at` is the path of the source itself. */
export function* validateSource(
  name: SourceName,
  source: object,
  at: string,
): Iterable<FieldError> {
  yield* validateNeeded(name, source, at);
  yield* rules[name]?.(source as never, at) ?? [];
}

export function* validatePersistentSource(
  name: keyof PersistentVolumeSource,
  source: object,
  at: string,
): Iterable<FieldError> {
  yield* validateNeeded(name, source, at);
  yield* (persistentRules[name] ?? rules[name])?.(source as never, at) ?? [];
}

function* validateNeeded(name: SourceName, source: object, at: string): Iterable<FieldError> {
  for (const field of needed[name] ?? []) {
    if (isUnset((source as { readonly [field: string]: unknown })[field])) {
      yield required(`${at}.${field}`);
    }
  }
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** exact: upstream names these fields otherwise than the API does. */
const refusedPaths: { readonly [K in SourceName]?: string } = {
  cephfs: "cephFS",
  downwardAPI: "downwarAPI",
};

/** The names that are set, in the order in which upstream looks for them. */
export function* validateOneSource(set: readonly SourceName[], at: string): Iterable<FieldError> {
  for (const name of set.slice(1)) {
    yield forbidden(
      `${at}.${refusedPaths[name] ?? name}`,
      "may not specify more than 1 volume type",
    );
  }
  if (set.length === 0) yield required(at, "must specify a volume type");
}

function* validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, at: string): Iterable<FieldError> {
  if (sizeLimit !== undefined && quantityOf(sizeLimit).sign() < 0) {
    yield forbidden(`${at}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
  }
}

export const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
] as const;
const knownHostPathTypes: readonly string[] = hostPathTypes;

function* validateHostPath(
  { path, type = "" }: Pick<HostPathVolumeSource, "path"> & Partial<HostPathVolumeSource>,
  at: string,
): Iterable<FieldError> {
  if (path === "") {
    yield required(`${at}.path`);
    return;
  }
  yield* noBacksteps(path, `${at}.path`);
  if (!knownHostPathTypes.includes(type)) {
    yield notSupported(`${at}.type`, type, hostPathTypes);
  }
}

function* validateFlocker(
  { datasetName = "", datasetUUID = "" }: FlockerVolumeSource,
  at: string,
): Iterable<FieldError> {
  if (!datasetName && !datasetUUID) {
    yield required(at, "one of datasetName and datasetUUID is required");
  }
  if (datasetName && datasetUUID) {
    const problem = "datasetName and datasetUUID can not be specified simultaneously";
    yield invalid(at, "resource", problem);
  }
  if (datasetName.includes("/")) {
    yield invalid(`${at}.datasetName`, datasetName, "must not contain '/'");
  }
}

const hostPorts = "must be a host:port pair or multiple pairs separated by commas";

function* validateQuobyte(
  { registry, tenant = "", volume }: QuobyteVolumeSource,
  at: string,
): Iterable<FieldError> {
  if (registry === "") yield required(`${at}.registry`, hostPorts);
  else if (byteLength(tenant) >= 65) {
    yield required(`${at}.tenant`, "must be a UUID and may not exceed a length of 64 characters");
  } else {
    for (const pair of registry.split(",")) {
      if (!isHostPort(pair)) yield invalid(`${at}.registry`, registry, hostPorts);
    }
  }
  if (volume === "") yield required(`${at}.volume`);
}

/** As Go's net.SplitHostPort has it. */
const isHostPort = (text: string): boolean => /^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(text);

const diskUris: { readonly [kind: string]: readonly [start: string, shown: string] } = {
  Managed: [
    "/subscriptions/",
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
  ],
};
const blobUri = [
  "https://",
  "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
] as const;

function* validateAzureDisk(
  { kind, diskURI }: AzureDiskVolumeSource,
  at: string,
): Iterable<FieldError> {
  if (kind === undefined) return;
  const [start, shown] = diskUris[kind] ?? blobUri;
  if (!diskURI.startsWith(start)) yield notSupported(`${at}.diskURI`, diskURI, [shown]);
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
  yield* validateIscsiTarget(source, at, unknownInitiator);
  const { initiatorName } = source;
  if (initiatorName !== undefined) {
    yield* validateInitiator(initiatorName, `${at}.initiatorname`, unknownInitiator);
  }
}

function* validatePersistentIscsi(
  source: ISCSIPersistentVolumeSource,
  at: string,
): Iterable<FieldError> {
  yield* validateIscsiTarget(source, at, badInitiator);
  yield* validateSecretName(source.secretRef, at);
  const { initiatorName } = source;
  if (initiatorName !== undefined) {
    yield* validateInitiator(initiatorName, `${at}.initiatorname`, badInitiator);
  }
}

function* validateIscsiTarget(source: Iscsi, at: string, unknown: string): Iterable<FieldError> {
  const { targetPortal, iqn, lun } = source;
  if (targetPortal === "") yield required(`${at}.targetPortal`);
  if (iqn === "") yield required(`${at}.iqn`);
  else yield* validateInitiator(iqn, `${at}.iqn`, unknown);
  if (lun < 0 || lun > 255) yield invalid(`${at}.lun`, lun, inclusiveRange(0, 255));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
    yield required(`${at}.secretRef`);
  }
}

const badInitiator = "must be valid format";
const unknownInitiator = `${badInitiator} starting with iqn, eui, or naa`;

const initiators: { readonly [prefix: string]: RegExp } = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function* validateInitiator(name: string, path: string, unknown: string): Iterable<FieldError> {
  const format = initiators[name.slice(0, 3)];
  if (!format) yield invalid(path, name, unknown);
  else if (!format.test(name)) yield invalid(path, name, badInitiator);
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

function* validateSecretPlace(
  { secretRef }: { readonly secretRef?: SecretReference | undefined },
  at: string,
): Iterable<FieldError> {
  yield* validateSecretName(secretRef, at);
  if (secretRef && !secretRef.namespace) yield required(`${at}.secretRef.namespace`);
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
  if (driver === "") {
    yield required(path);
    return;
  }
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
