/**
 * The logs of one or many containers: one after the other, or line by line as they come.
 * upstream: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/logsforobject.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { Output } from "../command.ts";
import { askStream } from "../resources/rest.ts";
import type { Session } from "../session.ts";
import { containerNames, defaultAnnotation, findContainer, tellDefault } from "./containers.ts";
import { podPath } from "./exec.ts";

/** Names and values of the query. */
export type LogQuery = Readonly<Record<string, string | number | boolean | undefined>>;

export interface LogSource {
  readonly pod: Pod;
  readonly container: string;
}

export interface LogWish {
  /** Empty: each pod's default. */
  readonly container: string;
  readonly allContainers: boolean;
  /** Of many pods nobody wants to hear which container was taken. */
  readonly allPods: boolean;
}

export const sourcesOf = (
  pods: readonly Pod[],
  wish: LogWish,
  tell: (line: string) => void,
): readonly LogSource[] =>
  pods.flatMap((pod) =>
    wish.allContainers
      ? namesInOrder(pod).map((container) => ({ pod, container }))
      : [{ pod, container: containerIn(pod, wish, tell) }],
  );

/** In the order in which they start. */
const namesInOrder = ({ spec }: Pod): readonly string[] =>
  [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].map(
    ({ name }) => name,
  );

// exact: kubectl, the messages
function containerIn(
  pod: Pod,
  { container, allPods }: LogWish,
  tell: (line: string) => void,
): string {
  if (container === "") return defaultIn(pod, allPods ? () => {} : tell, tell);
  if (findContainer(pod, container)) return container;
  const { name = "" } = pod.metadata;
  throw new Error(
    `container ${container} is not valid for pod ${name} out of: ${containerNames(pod)}`,
  );
}

function defaultIn(
  pod: Pod,
  tellChoice: (line: string) => void,
  tell: (line: string) => void,
): string {
  const { name = "", annotations } = pod.metadata;
  const marked = annotations?.[defaultAnnotation] ?? "";
  if (findContainer(pod, marked)) return marked;
  if (marked !== "") tell(`Default container name "${marked}" not found in pod ${name}\n`);
  const first = pod.spec.containers[0]?.name ?? "";
  tellDefault(pod, first, tellChoice);
  return first;
}

export interface Printing {
  readonly query: LogQuery;
  /** `[pod/web/app] ` before each line. */
  readonly hasPrefix: boolean;
  readonly signal: AbortSignal;
}

export async function printLog(
  session: Session,
  source: LogSource,
  { query, hasPrefix, signal }: Printing,
): Promise<void> {
  const { pod, container } = source;
  const prefix = hasPrefix ? `[pod/${pod.metadata.name}/${container}] ` : "";
  const chunks = await askStream(session, {
    method: "GET",
    path: podPath(pod, "log"),
    query: { ...query, container },
    accept: "*/*",
    signal,
  });
  await printLines(chunks, prefix, session.shell.output);
}

/** Whole lines at once: what others write at the same time stands between them. */
async function printLines(
  chunks: AsyncIterable<Uint8Array>,
  prefix: string,
  output: Pick<Output, "write">,
): Promise<void> {
  let rest: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end === 0) {
      rest.push(chunk);
      continue;
    }
    output.write(withPrefix(Buffer.concat([...rest, chunk.subarray(0, end)]), prefix));
    rest = end < chunk.length ? [chunk.subarray(end)] : [];
  }
  if (rest.length > 0) output.write(withPrefix(Buffer.concat(rest), prefix));
}

const newline = 0x0a;

function withPrefix(lines: Buffer, prefix: string): Buffer {
  if (prefix === "") return lines;
  const text = lines.toString("latin1");
  const head = Buffer.from(prefix).toString("latin1");
  // Byte for byte: a log need not be valid UTF-8.
  return Buffer.from(text.replace(/^(?!$(?![^]))/gm, head), "latin1");
}
