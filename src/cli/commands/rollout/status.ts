/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/rollout/rollout_status.go */
import { type Call, defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import type { Target } from "#cli/resources/select.ts";
import { statesOf } from "#cli/resources/states.ts";
import { timeLimit } from "#cli/resources/time-limit.ts";
import type { AnyRollout } from "#cli/rollout/rollout.ts";
import { forEachRollout, rolloutFlags, rolloutUsage, without } from "#cli/rollout/selecting.ts";
import { openSession, type Session } from "#cli/session.ts";

const flags = {
  ...rolloutFlags,
  watch: flag.switch("follow it to its end", { short: "w", fallback: true }),
  revision: flag.int("fail unless this is the revision that is rolled out", {
    fallback: 0,
    value: "REVISION",
  }),
  timeout: flag.duration("how long to follow it; 0 means as long as it takes", { fallback: 0 }),
} as const;

export const rolloutStatus = defineCommand({
  name: "rollout status",
  usage: rolloutUsage,
  summary: "Follow a rollout to its end",
  examples: ["k8ts rollout status deploy/web", "k8ts rollout status deploy/web --watch=false"],
  group: "deploy",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    await forEachRollout(
      session,
      { call, refusal: without("status viewer", false) },
      (target, rollout) => follow(session, { target, rollout }, call.flags),
    );
  },
});

interface Followed {
  readonly target: Target;
  readonly rollout: AnyRollout;
}

// exact: kubectl, the messages
async function follow(
  session: Session,
  { target, rollout }: Followed,
  given: Call<typeof flags>["flags"],
): Promise<void> {
  const { shell } = session;
  using limit = timeLimit(shell.clock, given.timeout, shell.signal);
  let said = "";
  for await (const object of statesOf(session, target, limit.signal)) {
    if (!object) throw new Error("object has been deleted");
    const { says, isDone } = rollout.progress(object, given.revision);
    if (says !== said) shell.output.write(`${says}\n`);
    if (isDone || !given.watch) return;
    said = says;
  }
  if (limit.isOver()) throw new Error("timed out waiting for the condition");
}
