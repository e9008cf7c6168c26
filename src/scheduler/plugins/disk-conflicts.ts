/**
 * Disks that pods name themselves, without a claim: nobody else sees to it that two do not write to one.
 * upstream: pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go#isVolumeConflict
 */
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";

export const disksOf = ({ spec: { volumes = [] } }: Pod): readonly Volume[] =>
  volumes.filter(
    ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }) =>
      gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd,
  );

export const areInConflict = (some: readonly Volume[], others: readonly Volume[]): boolean =>
  some.some((a) => others.some((b) => isConflict(a, b)));

const isConflict = (a: Volume, b: Volume): boolean =>
  both(
    a.gcePersistentDisk,
    b.gcePersistentDisk,
    (one, other) => one.pdName === other.pdName && !areReadOnly(one, other),
  ) ||
  both(
    a.awsElasticBlockStore,
    b.awsElasticBlockStore,
    (one, other) => one.volumeID === other.volumeID,
  ) ||
  both(a.iscsi, b.iscsi, (one, other) => one.iqn === other.iqn && !areReadOnly(one, other)) ||
  both(
    a.rbd,
    b.rbd,
    (one, other) =>
      one.pool === other.pool &&
      one.image === other.image &&
      one.monitors.some((monitor) => other.monitors.includes(monitor)) &&
      !areReadOnly(one, other),
  );

const both = <T>(
  one: T | undefined,
  other: T | undefined,
  compare: (one: T, other: T) => boolean,
): boolean => one !== undefined && other !== undefined && compare(one, other);

interface Disk {
  readonly readOnly?: boolean | undefined;
}

const areReadOnly = (one: Disk, other: Disk): boolean =>
  one.readOnly === true && other.readOnly === true;
