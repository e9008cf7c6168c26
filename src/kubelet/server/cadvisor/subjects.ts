/** Who is told of, by the labels that dashboards look for. */
import type { Detailed, DetailedPod, DetailedUsage, FileSystem } from "../detailed-usage.ts";
import type { DiskUse, Subject } from "./metric.ts";

export const subjectsOf = (usage: DetailedUsage): readonly Subject[] => [
  { ...groupSubject(usage.node, usage.atMs), disks: nodeDisks(usage) },
  ...usage.groups.map((group) => groupSubject(group, usage.atMs)),
  ...usage.pods.flatMap((pod) => [...podSubjects(pod, usage)]),
];

const nobody = { container: "", image: "", name: "", namespace: "", pod: "" };

const groupSubject = ({ path, details, traffic }: Detailed, atMs: number): Subject => ({
  labels: { ...nobody, id: path },
  atMs,
  startedAtMs: details?.sinceMs,
  details,
  traffic,
});

/** Of pods that have a sandbox: the others use nothing. */
function* podSubjects(pod: DetailedPod, { atMs, imageFs }: DetailedUsage): Iterable<Subject> {
  const { namespace, name, sandbox } = pod;
  const of = { ...nobody, namespace, pod: name };
  if (pod.details)
    yield {
      labels: { ...of, id: pod.path },
      atMs,
      startedAtMs: pod.startedAtMs,
      details: pod.details,
    };
  if (sandbox?.details)
    yield {
      // exact: cadvisor, which tells of a pod's network here and nowhere else
      labels: { ...of, container: "POD", id: sandbox.path, name: sandbox.id },
      atMs,
      startedAtMs: sandbox.startedAtMs,
      details: sandbox.details,
      traffic: sandbox.traffic,
    };
  for (const { id, name: container, path, image, startedAtMs, details, stats } of pod.containers)
    yield {
      labels: { ...of, container, id: path, image, name: id },
      atMs: stats.atMs > 0 ? stats.atMs : atMs,
      startedAtMs,
      details,
      disks: imageFs ? [{ fileSystem: imageFs, usedBytes: stats.writableLayerBytes }] : [],
    };
}

const used = (fileSystem: FileSystem): DiskUse => ({
  fileSystem,
  usedBytes: fileSystem.space.totalBytes - fileSystem.space.freeBytes,
});

/** Each once, though images may lie beside everything else. */
const nodeDisks = ({ nodeFs, imageFs }: DetailedUsage): readonly DiskUse[] =>
  imageFs && imageFs.device !== nodeFs.device ? [used(nodeFs), used(imageFs)] : [used(nodeFs)];
