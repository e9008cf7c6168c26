/**
 * What a kubelet counted: the families of `/metrics/resource` that matter here.
 * upstream: kubernetes-sigs/metrics-server, pkg/scraper/client/resource/decode.go
 */

/** Of a node or a container. */
export interface Counter {
  /** Since it began. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly atMs: number;
  /** Of a container: when it began. */
  readonly startedAtMs?: number;
}

export interface Counters {
  readonly node: Counter | undefined;
  /** By `namespace/pod`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Counter>>;
}

interface Line {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly atMs: number;
}

const linePattern = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const labelPattern = /([a-z_]+)="([^"]*)"/g;

export function countersIn(text: string): Counters {
  const pods = new Map<string, Map<string, Partial<Counter>>>();
  const node: Partial<Counter> = {};
  for (const line of linesOf(text)) {
    const part = partOf(line);
    if (!part) continue;
    if (line.name.startsWith("node_")) {
      Object.assign(node, part);
      continue;
    }
    const pod = `${line.labels.get("namespace")}/${line.labels.get("pod")}`;
    const containers = pods.get(pod) ?? new Map<string, Partial<Counter>>();
    const container = line.labels.get("container") ?? "";
    containers.set(container, { ...containers.get(container), ...part });
    pods.set(pod, containers);
  }
  return {
    node: isWhole(node) ? node : undefined,
    pods: new Map(
      Array.from(pods, ([pod, containers]) => [
        pod,
        new Map([...containers].flatMap(([name, part]) => (isWhole(part) ? [[name, part]] : []))),
      ]),
    ),
  };
}

function* linesOf(text: string): Iterable<Line> {
  for (const line of text.split("\n")) {
    const [, name, labels = "", value, atMs] = linePattern.exec(line) ?? [];
    if (name === undefined) continue;
    yield {
      name,
      labels: new Map(
        Array.from(labels.matchAll(labelPattern), ([, key = "", v = ""]) => [key, v]),
      ),
      value: Number(value),
      atMs: Number(atMs ?? 0),
    };
  }
}

function partOf({ name, value, atMs }: Line): Partial<Counter> | undefined {
  switch (name) {
    case "node_cpu_usage_seconds_total":
    case "container_cpu_usage_seconds_total":
      return { cpuSeconds: value, atMs };
    case "node_memory_working_set_bytes":
    case "container_memory_working_set_bytes":
      return { memoryBytes: value };
    case "container_start_time_seconds":
      return { startedAtMs: value * 1_000 };
    default:
      return undefined;
  }
}

const isWhole = (part: Partial<Counter>): part is Counter =>
  part.cpuSeconds !== undefined && part.memoryBytes !== undefined;
