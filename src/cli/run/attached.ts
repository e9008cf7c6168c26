/** A pod whose container we talk to: made, attached to, and, if wished, deleted afterwards. */
import { findContainerStatus, isPodReady, isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { withoutManagedFields } from "../resources/manifest.ts";
import type { Creation } from "../create/creation.ts";
import { ProgramFailed } from "../explain.ts";
import { findType } from "../resources/arguments.ts";
import { deleteIfThere } from "../resources/deletion.ts";
import { createObject, type Place } from "../resources/objects.ts";
import { askText } from "../resources/rest.ts";
import { statesOf } from "../resources/states.ts";
import { timeLimit } from "../resources/time-limit.ts";
import type { Session } from "../session.ts";
import { attachTo } from "../stream/attach.ts";

interface RunFlags {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
  readonly rm: boolean;
  readonly "field-manager": string;
  readonly "pod-running-timeout": number;
}

/** The exit code of the container, when it ended. */
export async function runAttached(
  session: Session,
  { flags }: { readonly flags: RunFlags },
  { manifest }: Creation,
): Promise<void> {
  const resource = findType(await session.discovered(), "pods");
  const place = { resource, namespace: session.namespace, name: manifest.metadata.name ?? "" };
  const manager = flags["field-manager"];
  await createObject(session, place, { manager, manifest: withoutManagedFields(manifest) });
  try {
    const pod = await untilRunning(session, place, flags["pod-running-timeout"]);
    if (isPodTerminal(pod)) await printLog(session, place);
    else await attachTo(session, pod, { ...flags, container: "" });
    await fail(session, place);
  } finally {
    if (flags.rm) await remove(session, place, flags.quiet);
  }
}

async function untilRunning(session: Session, place: Place, timeoutMs: number): Promise<Pod> {
  using limit = timeLimit(session.shell.clock, timeoutMs, session.shell.signal);
  for await (const state of statesOf(session, place, limit.signal)) {
    if (!state) throw new Error(`pod ${place.name} was deleted`);
    const pod = state as unknown as Pod;
    if (isPodTerminal(pod) || isPodReady(pod)) return pod;
  }
  throw new Error("timed out waiting for the condition"); // exact: kubectl
}

const printLog = async (session: Session, { namespace = "", name }: Place): Promise<void> => {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  session.shell.output.write(await askText(session, { method: "GET", path }));
};

/** The container's exit code becomes ours, when it will not be started again. */
async function fail(session: Session, place: Place): Promise<void> {
  const { signal } = session.shell;
  const { namespace = "", name } = place;
  const pod = await session.client.get(Pod, { namespace, name });
  if (pod.spec.restartPolicy !== "Never") return;
  for await (const state of statesOf(session, place, signal)) {
    if (!state) return;
    const ended = state as unknown as Pod;
    if (!isPodTerminal(ended)) continue;
    const [container] = ended.spec.containers;
    const status = findContainerStatus(ended, container?.name ?? "");
    const code = status?.state.terminated?.exitCode ?? 0;
    // exact: kubectl
    if (code !== 0)
      throw new ProgramFailed(`pod ${place.namespace}/${name} terminated (Error)`, code);
    return;
  }
}

async function remove(session: Session, place: Place, isQuiet: boolean): Promise<void> {
  await deleteIfThere(session, place, { ignoresMissing: true });
  if (!isQuiet) session.shell.output.write(`pod "${place.name}" deleted\n`);
}
