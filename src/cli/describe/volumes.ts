/** Volumes, each with what it is and where it comes from. */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { isZero } from "#schema/layout.ts";
import { describeClaimTemplate } from "./claims.ts";
import { bracketed, type Page } from "./page.ts";

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Source = Omit<Volume, "name">;
type Any = Source & Omit<PersistentVolume["spec"], keyof Source>;

type Row = readonly [title: string, value: unknown];

/** What one sort of source says of itself. */
interface Sort<S> {
  readonly says: string;
  readonly rows: (source: S) => readonly Row[];
}

type Sorts = { readonly [K in keyof Any]?: Sort<NonNullable<Any[K]>> };

// exact: kubectl, the texts of this file
const sorts: Sorts = {
  hostPath: {
    says: "HostPath (bare host directory volume)",
    rows: ({ path, type }) => [
      ["Path:", path],
      ["HostPathType:", type ?? "<none>"],
    ],
  },
  emptyDir: {
    says: "EmptyDir (a temporary directory that shares a pod's lifetime)",
    rows: ({ medium, sizeLimit }) => [
      ["Medium:", medium ?? ""],
      ["SizeLimit:", !sizeLimit || sizeLimit === "0" ? "<unset>" : sizeLimit],
    ],
  },
  secret: {
    says: "Secret (a volume populated by a Secret)",
    rows: ({ secretName, optional = false }) => [
      ["SecretName:", secretName ?? ""],
      ["Optional:", optional],
    ],
  },
  configMap: {
    says: "ConfigMap (a volume populated by a ConfigMap)",
    rows: ({ name, optional = false }) => [
      ["Name:", name],
      ["Optional:", optional],
    ],
  },
  persistentVolumeClaim: {
    says: "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
    rows: ({ claimName, readOnly = false }) => [
      ["ClaimName:", claimName],
      ["ReadOnly:", readOnly],
    ],
  },
  projected: {
    says: "Projected (a volume that contains injected data from multiple sources)",
    rows: ({ sources }) => (sources ?? []).flatMap(projectedRows),
  },
  downwardAPI: {
    says: "DownwardAPI (a volume populated by information about the pod)",
    rows: ({ items = [] }) => [
      ["Items:", undefined],
      ...items.map(({ path, fieldRef, resourceFieldRef }): Row => {
        const from = fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? "";
        return [`  ${from} -> ${path}`, undefined];
      }),
    ],
  },
  nfs: {
    says: "NFS (an NFS mount that lasts the lifetime of a pod)",
    rows: ({ server, path, readOnly = false }) => [
      ["Server:", server],
      ["Path:", path],
      ["ReadOnly:", readOnly],
    ],
  },
  image: {
    says: "Image (a container image or OCI artifact)",
    rows: ({ reference, pullPolicy }) => [
      ["Reference:", reference],
      ["PullPolicy:", pullPolicy],
    ],
  },
  local: {
    says: "LocalVolume (a persistent volume backed by local storage on a node)",
    rows: ({ path }) => [["Path:", path]],
  },
  csi: {
    says: "CSI (a Container Storage Interface (CSI) volume source)",
    rows: (csi) => {
      const { driver, fsType, readOnly = false, volumeAttributes = {} } = csi;
      const names = Object.keys(volumeAttributes).toSorted();
      const attribute = (name = ""): string => `${name}=${volumeAttributes[name]}`;
      const handle = "volumeHandle" in csi ? [["VolumeHandle:", csi.volumeHandle] as const] : [];
      return [
        ["Driver:", driver],
        ["FSType:", fsType ?? ""],
        ...handle,
        ["ReadOnly:", readOnly],
        ["VolumeAttributes:", names.length === 0 ? "<none>" : attribute(names[0])],
        ...names.slice(1).map((name): Row => ["", attribute(name)]),
      ];
    },
  },
};

type Projection = NonNullable<NonNullable<Source["projected"]>["sources"]>[number];

function projectedRows(projection: Projection): readonly Row[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = projection;
  if (secret) return [["SecretName:", secret.name], optionalRow(secret)];
  if (downwardAPI) return [["DownwardAPI:", true]];
  if (configMap) return [["ConfigMapName:", configMap.name], optionalRow(configMap)];
  return serviceAccountToken
    ? [["TokenExpirationSeconds:", serviceAccountToken.expirationSeconds]]
    : [];
}

const optionalRow = ({ optional = false }: { readonly optional?: boolean | undefined }): Row => [
  "Optional:",
  optional,
];

export function describeVolumes(page: Page, volumes: readonly Volume[], indent: "" | "  "): void {
  if (volumes.length === 0) return page.line(0, `${indent}Volumes:`, "<none>");
  page.line(0, `${indent}Volumes:`);
  for (const { name, ...source } of volumes) {
    page.line(1, `${indent.slice(1)}${name}:`);
    describeVolumeSource(page, source);
  }
}

export function describeVolumeSource(page: Page, source: Partial<Any>): void {
  const [name, value] = Object.entries(source).find(([, one]) => isSource(one)) ?? [];
  if (name === undefined) return page.line(1, "<unknown>");
  if (name === "ephemeral") return describeClaimTemplate(page, source.ephemeral);
  const sort = sorts[name as keyof Sorts] as Sort<object> | undefined;
  const says = sort?.says ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  page.line(2, "Type:", says);
  for (const [title, text] of sort?.rows(value as object) ?? allRows(value as object))
    if (text === undefined) page.line(2, title);
    else page.line(2, title, String(text));
}

const isSource = (value: unknown): value is object => typeof value === "object" && value !== null;

/** differs: kubectl has words of its own for each of the old storage systems. */
const allRows = (source: object): readonly Row[] =>
  Object.entries(source)
    .filter(([, value]) => !isZero(value))
    .map(([name, value]): Row => [`${name}:`, Array.isArray(value) ? bracketed(value) : value]);
