/**
 * Files into and out of a container, through the `tar` that is in it.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/cp/cp.go
 */
import { posix } from "node:path";
import type { Pod } from "#api/core/pod.ts";
import { ProgramFailed } from "../explain.ts";
import { absolute } from "../resources/files.ts";
import type { Session } from "../session.ts";
import { execIn } from "./exec.ts";
import { archivePrefix } from "./file-spec.ts";
import { tarOf, unpackTo } from "./tar.ts";

export interface Copy {
  readonly pod: Pod;
  readonly container: string;
  /** In the container. */
  readonly remote: string;
  /** On this machine. */
  readonly local: string;
}

export async function copyToPod(
  session: Session,
  { preservesNothing, ...copy }: Copy & { readonly preservesNothing: boolean },
): Promise<void> {
  const { shell } = session;
  const { pod, container, local } = copy;
  const path = absolute(shell, local);
  // exact: kubectl
  if (!(await shell.disk.facts(path)))
    throw new Error(`${local} doesn't exist in local filesystem`);
  const isFolder = await isRemoteFolder(session, copy);
  const target = posix.normalize(
    isFolder ? posix.join(copy.remote, posix.basename(path)) : copy.remote,
  );
  const flags = preservesNothing ? ["--no-same-permissions", "--no-same-owner"] : [];
  await execIn(session, pod, {
    container,
    command: ["tar", ...flags, "-xmf", "-", "-C", posix.dirname(target)],
    stdin: tarOf(shell.disk, { path: posix.normalize(path), name: posix.basename(target) }),
    stdout: shell.output.write,
    stderr: shell.errors.write,
  });
}

async function isRemoteFolder(
  session: Session,
  { pod, container, remote }: Copy,
): Promise<boolean> {
  const ignore = (): void => {};
  try {
    const command = ["test", "-d", remote];
    await execIn(session, pod, { container, command, stdout: ignore, stderr: ignore });
    return true;
  } catch (cause) {
    // No folder; or no `test` in the container, and then nobody can tell.
    if (cause instanceof ProgramFailed || cause instanceof Error) return false;
    throw cause;
  }
}

export async function copyFromPod(session: Session, copy: Copy & Resume): Promise<void> {
  const { shell } = session;
  const { pod, container, remote } = copy;
  const unpacker = unpackTo(shell.disk, {
    prefix: archivePrefix(remote),
    target: absolute(shell, copy.local),
    warn: shell.errors.write,
    warnOfLink: linkWarner(session, copy),
  });
  const command = ["tar", "cf", "-", remote];
  try {
    // exact: kubectl, which says what tar says on its own output.
    await execIn(session, pod, {
      container,
      command,
      stdout: unpacker.take,
      stderr: shell.output.write,
    });
  } catch (cause) {
    await unpacker.abandon();
    throw cause;
  }
  await unpacker.finish();
}

interface Resume {
  /** The program: `k8ts`. */
  readonly program: string;
}

/** exact: kubectl. Links may lead anywhere on this machine. How to get them is said once. */
function linkWarner(
  { shell }: Session,
  { pod, remote, program }: Copy & Resume,
): (path: string, target: string) => void {
  let isFirst = true;
  return (path, target) => {
    const { namespace, name } = pod.metadata;
    const quoted = [namespace, name, remote].map((text) => JSON.stringify(text));
    const hint = ` (consider using "${program} exec -n ${quoted[0]} ${quoted[1]} -- tar cf - ${quoted[2]} | tar xf -")`;
    const link = `${JSON.stringify(path)} -> ${JSON.stringify(target)}`;
    shell.errors.write(`warning: skipping symlink: ${link}${isFirst ? hint : ""}\n`);
    isFirst = false;
  };
}
