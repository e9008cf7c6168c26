/** A command in a container, with the streams that the caller gives it. */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { pathOf } from "#client/paths.ts";
import type { Session } from "../session.ts";
import { type RemoteCommand, runRemoteCommand } from "./remote-command.ts";
import type { Dialling } from "./web-socket.ts";

export type ExecCall = Omit<RemoteCommand, "path"> & { readonly command: readonly string[] };

/** Throws `ProgramFailed` with its exit code when that is not 0. */
export const execIn = (session: Session, pod: Pod, call: ExecCall): Promise<void> =>
  runRemoteCommand(dialling(session), { ...call, path: podPath(pod, "exec") });

export const podPath = ({ metadata: { namespace, name } }: Pod, subresource: string): string =>
  pathOf(Pod, { namespace, name, subresource });

export const dialling = ({ client, shell: { random, signal } }: Session): Dialling => ({
  client,
  random,
  signal,
});

/** exact: kubectl */
export function refuseCompleted(pod: Pod, toDo: string): void {
  if (isPodTerminal(pod))
    throw new Error(
      `cannot ${toDo} a container in a completed pod; current phase is ${pod.status.phase}`,
    );
}
