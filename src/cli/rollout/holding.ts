/** Holding a rollout, and letting it go on. */
import type { Call, Shell } from "../command.ts";
import { patchObject } from "../resources/objects.ts";
import { writeFlags, writingOf } from "../resources/writing.ts";
import { openSession } from "../session.ts";
import { forEachRollout, resourceName, rolloutFlags, unsupported } from "./selecting.ts";

export const holdingFlags = { ...writeFlags("kubectl-rollout"), ...rolloutFlags } as const;

interface Holding {
  readonly isPaused: boolean;
  readonly doing: string;
  readonly done: string;
  /** What it is when there is nothing to do. */
  readonly already: string;
}

// exact: kubectl, the messages
export async function hold(
  shell: Shell,
  call: Call<typeof holdingFlags>,
  { isPaused, doing, done, already }: Holding,
): Promise<void> {
  const writing = await writingOf(shell, call.flags);
  const session = await openSession(shell, call);
  await forEachRollout(session, { call, refusal: unsupported(doing) }, async (target, rollout) => {
    const name = `${resourceName(target.resource)} "${target.name}"`;
    if (!rollout.canPause) throw new Error(unsupported(doing)(target));
    const { spec } = target.object as { readonly spec?: { readonly paused?: boolean } };
    if ((spec?.paused ?? false) === isPaused) throw new Error(`${name} is ${already}`);
    const request = { ...writing.options, is: "strategic" as const };
    const paused = isPaused ? true : null;
    if (writing.dryRun === "client") return writing.say(target.object, done);
    const patch = { spec: { paused } };
    writing.say(await patchObject(session, target, { ...request, patch }), done);
  });
}
