/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/wait/wait.go */
import { isReason } from "#api/errors.ts";
import { defineCommand } from "../command.ts";
import { Failures } from "../explain.ts";
import { flag } from "../flags.ts";
import { choosePrinter, outputFlags } from "../print/printer.ts";
import { fileFlags } from "../resources/files.ts";
import { fullName, type Manifest } from "../resources/manifest.ts";
import { findObject, type Place } from "../resources/objects.ts";
import {
  forEachTarget,
  objectsOf,
  queriesOf,
  type Query,
  selectionFlags,
  type Target,
} from "../resources/select.ts";
import { statesOf } from "../resources/states.ts";
import { type TimeLimit, timeLimit } from "../resources/time-limit.ts";
import { openSession, type Session } from "../session.ts";
import { type Goal, parseGoal } from "../waiting/conditions.ts";

const day = 24 * 3_600_000;

export const wait = defineCommand({
  name: "wait",
  usage: "(TYPE NAME | TYPE/NAME... | TYPE -l SELECTOR | --all) --for=GOAL",
  summary: "Wait until objects are as they should be",
  examples: [
    "k8ts wait --for=condition=Ready pod/web",
    "k8ts wait --for=jsonpath='{.status.phase}'=Running pod/web",
    "k8ts wait --for=delete pod/web --timeout=60s",
    "k8ts wait --for=create secret/keys",
  ],
  group: "debug",
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...selectionFlags,
    "field-selector": flag.text("only objects with these fields", {
      value: "SELECTOR",
      fallback: "",
    }),
    all: flag.switch("all objects of the types"),
    local: flag.switch("has no use any more"),
    for: flag.text("delete, create, condition=NAME[=STATUS] or jsonpath={PATH}[=VALUE]", {
      value: "GOAL",
      fallback: "",
    }),
    timeout: flag.duration("how long to wait; 0 means only look, less than 0 a week", {
      fallback: 30_000,
    }),
  },

  async run(shell, call) {
    const { flags: given, args } = call;
    const goal = parseGoal(given.for);
    const print = await choosePrinter(given, shell);
    const session = await openSession(shell, call);
    const queries = await queriesOf(session, {
      args,
      ...given,
      allNamespaces: given["all-namespaces"],
      fieldSelector: given["field-selector"],
      takesAll: given.all,
    });
    const timeoutMs = given.timeout < 0 ? 7 * day : Math.max(given.timeout, 1);
    using limit = timeLimit(shell.clock, timeoutMs, shell.signal);
    const places = await placesOf(session, { queries, goal });
    // exact: kubectl
    if (places.length === 0 && !goal.isFineWithout) throw new Error("no matching resources found");
    const failures: unknown[] = [];
    for (const place of places) {
      try {
        const object = await reached(session, place, { goal, limit });
        if (!object) continue;
        shell.output.write(print ? print(object) : `${fullName(object)} condition met\n`);
      } catch (cause) {
        failures.push(cause);
      }
    }
    if (failures.length > 0) throw new Failures(failures);
  },
});

/** What to wait for; names need not exist yet. */
async function placesOf(
  session: Session,
  { queries, goal }: { readonly queries: readonly Query[]; readonly goal: Goal },
): Promise<readonly Place[]> {
  const places: Place[] = [];
  const targets: Target[] = [];
  for (const query of queries) {
    if (query.is === "object" && goal.mayBeMissing) places.push(query.target);
    else targets.push(...(await objectsOf(session, query)));
  }
  await forEachTarget({ targets, failures: [] }, async (target) => void places.push(target));
  return places;
}

/** The object in the state that was waited for; undefined when there never was one. */
async function reached(
  session: Session,
  place: Place,
  { goal, limit }: { readonly goal: Goal; readonly limit: TimeLimit },
): Promise<Manifest | undefined> {
  let last = await findObject(session, place);
  if (goal.isReached(last)) return last;
  try {
    for await (const state of statesOf(session, place, limit.signal)) {
      if (goal.isReached(state)) return state ?? last;
      if (!state && !goal.mayBeMissing) break;
      last = state ?? last;
    }
  } catch (cause) {
    if (!limit.isOver() || isReason(cause, "Forbidden")) throw cause;
  }
  const { kind } = place.resource;
  throw new Error(`timed out waiting for the condition on ${kind.plural}/${place.name}`); // exact: kubectl
}
