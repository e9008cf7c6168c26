/** A metric of control groups: one entry of a table. upstream: google/cadvisor metrics/prometheus.go */
import type { GroupDetails, InterfaceTraffic } from "#kubelet/group-details.ts";
import type { FileSystem } from "../detailed-usage.ts";
import type { LabelSet } from "../exposition.ts";

/** What is told of: the machine, a group of pods, a pod, its sandbox or one of its containers. */
export interface Subject {
  readonly labels: LabelSet;
  readonly atMs: number;
  readonly startedAtMs?: number | undefined;
  readonly details?: GroupDetails | undefined;
  readonly traffic?: readonly InterfaceTraffic[] | undefined;
  readonly disks?: readonly DiskUse[] | undefined;
}

export interface DiskUse {
  readonly fileSystem: FileSystem;
  readonly usedBytes: number;
}

/** With the labels that tell it from others of the same subject. */
export type Value = readonly [value: number | undefined, labels?: LabelSet];

export interface SubjectMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** What is unknown is left out. */
  readonly values: (subject: Subject) => readonly Value[];
  /** It is no sample of a moment: a limit, a start. */
  readonly isTimeless?: boolean;
}

type Read = (details: GroupDetails) => number | undefined;

const read =
  (type: SubjectMetric["type"]) =>
  (name: string, help: string, valueOf: Read): SubjectMetric => ({
    name,
    type,
    help,
    values: ({ details }) => (details ? [[valueOf(details)]] : []),
  });

export const counter = read("counter");
export const gauge = read("gauge");

export const seconds = (nanoseconds: number | undefined): number | undefined =>
  nanoseconds === undefined ? undefined : nanoseconds / 1e9;
