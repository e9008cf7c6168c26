/** Where files lie, and what is read and written of them. exact: cadvisor */
import type { DeviceTraffic } from "#kubelet/group-details.ts";
import type { DiskUse, SubjectMetric } from "./metric.ts";

const ofDisk = (
  name: string,
  help: string,
  valueOf: (use: DiskUse) => number | undefined,
): SubjectMetric => ({
  name,
  type: "gauge",
  help,
  values: ({ disks = [] }) =>
    disks.map((use) => [valueOf(use), { device: use.fileSystem.device }] as const),
});

const ofDevice = (
  name: string,
  help: string,
  valueOf: (traffic: DeviceTraffic) => number | undefined,
): SubjectMetric => ({
  name,
  type: "counter",
  help,
  values: ({ details }) =>
    (details?.devices ?? []).map((one) => [valueOf(one), { device: one.device }] as const),
});

export const diskMetrics: readonly SubjectMetric[] = [
  ofDisk(
    "container_fs_usage_bytes",
    "Number of bytes that are consumed by the container on this filesystem.",
    ({ usedBytes }) => usedBytes,
  ),
  ofDisk(
    "container_fs_limit_bytes",
    "Number of bytes that can be consumed by the container on this filesystem.",
    ({ fileSystem }) => fileSystem.space.totalBytes,
  ),
  ofDisk(
    "container_fs_inodes_total",
    "Number of Inodes",
    ({ fileSystem }) => fileSystem.space.inodes?.total,
  ),
  ofDisk(
    "container_fs_inodes_free",
    "Number of available Inodes",
    ({ fileSystem }) => fileSystem.space.inodes?.free,
  ),
  ofDevice(
    "container_fs_reads_bytes_total",
    "Cumulative count of bytes read",
    ({ readBytes }) => readBytes,
  ),
  ofDevice(
    "container_fs_writes_bytes_total",
    "Cumulative count of bytes written",
    ({ writtenBytes }) => writtenBytes,
  ),
  ofDevice("container_fs_reads_total", "Cumulative count of reads completed", ({ reads }) => reads),
  ofDevice(
    "container_fs_writes_total",
    "Cumulative count of writes completed",
    ({ writes }) => writes,
  ),
  {
    name: "container_blkio_device_usage_total",
    type: "counter",
    help: "Blkio Device bytes usage",
    values: ({ details }) =>
      (details?.devices ?? []).flatMap(({ device, major, minor, readBytes, writtenBytes }) => {
        const labels = { device, major: String(major), minor: String(minor) };
        return [
          [readBytes, { ...labels, operation: "Read" }] as const,
          [writtenBytes, { ...labels, operation: "Write" }] as const,
        ];
      }),
  },
];
