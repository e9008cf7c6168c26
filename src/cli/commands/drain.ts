/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/drain/drain.go */
import { isReason } from "#api/errors.ts";
import { Pod } from "#api/core/pod.ts";
import { sleep } from "#base/clock.ts";
import { type Call, defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { cordon, cordonFlags, selectNodes } from "../nodes/cordoning.ts";
import { sortPods } from "../nodes/removable.ts";
import { findType } from "../resources/arguments.ts";
import { isGone } from "../resources/deletion.ts";
import { fullName } from "../resources/manifest.ts";
import { forEachTarget, type Target } from "../resources/select.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { dryRunOf, dryRunSuffix } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...cordonFlags,
  force: flag.switch("also pods that nobody would replace"),
  "ignore-daemonsets": flag.switch("leave the pods of daemon sets: they would come back"),
  "delete-emptydir-data": flag.switch("also pods whose local data is lost with them"),
  "disable-eviction": flag.switch("delete pods, whatever their disruption budgets say"),
  "grace-period": flag.int("so many seconds to end in; its own choice when negative", {
    fallback: -1,
  }),
  "pod-selector": flag.text("only pods with these labels", { value: "SELECTOR", fallback: "" }),
  timeout: flag.duration("how long to wait; 0 means as long as it takes", { fallback: 0 }),
} as const;

type DrainCall = Call<typeof flags>;

export const drain = defineCommand({
  name: "drain",
  usage: "NODE... | -l SELECTOR",
  summary: "Take the pods off a node, before maintenance",
  examples: ["k8ts drain n1 --ignore-daemonsets", "k8ts drain n1 --force --grace-period=60"],
  group: "settings",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    const found = await selectNodes(session, call);
    await forEachTarget(found, (node) => cordon(session, node, { call, isUnschedulable: true }));
    await forEachTarget(found, (node) => drainNode(session, node, call));
  },
});

// exact: kubectl, the messages
async function drainNode(session: Session, node: Target, call: DrainCall): Promise<void> {
  const { client, shell } = session;
  const { flags: given } = call;
  const dryRun = dryRunOf(given["dry-run"]);
  const { items } = await client.list(Pod, {
    fieldSelector: `spec.nodeName=${node.name}`,
    labelSelector: given["pod-selector"],
    signal: shell.signal,
  });
  const { removed, warnings, refusals } = sortPods(items, given);
  if (refusals.length > 0)
    throw new Error(
      `unable to drain node "${node.name}" due to error: ${listed(refusals)}, continuing command...\nThere are pending nodes to be drained:\n ${node.name}\n${refusals.join("\n")}`,
    );
  if (warnings.length > 0) shell.errors.write(`Warning: ${warnings.join("; ")}\n`);
  using limit = timeLimit(shell.clock, given.timeout, shell.signal);
  await Promise.all(removed.map((pod) => removePod(session, pod, { given, signal: limit.signal })));
  if (limit.isOver())
    throw new Error(
      `unable to drain node "${node.name}" due to error: global timeout reached: ${given.timeout / 1_000}s, continuing command...`,
    );
  shell.output.write(`${fullName(node.object)} drained${dryRunSuffix(dryRun)}\n`);
}

const listed = (texts: readonly string[]): string =>
  texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;

interface Removing {
  readonly given: DrainCall["flags"];
  readonly signal: AbortSignal;
}

/** Resolves when it is gone, or when time is up. */
async function removePod(session: Session, pod: Pod, { given, signal }: Removing): Promise<void> {
  const { output } = session.shell;
  const { name = "", namespace = "", uid } = pod.metadata;
  const dryRun = dryRunOf(given["dry-run"]);
  const suffix = dryRunSuffix(dryRun);
  const doing = given["disable-eviction"] ? ["deleting", "deleted"] : ["evicting", "evicted"];
  output.write(`${doing[0]} pod ${namespace}/${name}${suffix}\n`);
  if (dryRun === "client") return;
  while (!signal.aborted && !(await evict(session, pod, given))) await pause(session, signal);
  if (dryRun === "server") return;
  const resource = findType(await session.discovered(), "pods");
  if (await isGone(session, { resource, namespace, name, uid }, signal))
    output.write(`pod/${name} ${doing[1]}\n`);
}

const retryMs = 5_000;

async function pause({ shell }: Session, signal: AbortSignal): Promise<void> {
  try {
    await sleep(shell.clock, retryMs, signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

/** False when a disruption budget does not allow it now. */
async function evict(
  { client, shell }: Session,
  { metadata: { name = "", namespace = "" } }: Pod,
  given: DrainCall["flags"],
): Promise<boolean> {
  const at = { name, namespace };
  const grace = given["grace-period"];
  const gracePeriod = grace < 0 ? {} : { gracePeriodSeconds: grace };
  const isDryRun = given["dry-run"] === "server" ? { dryRun: true } : {};
  try {
    if (given["disable-eviction"]) await client.delete(Pod, at, { ...gracePeriod, ...isDryRun });
    else
      await client.createSub(
        Pod,
        { ...at, subresource: "eviction" },
        {
          object: {
            apiVersion: "policy/v1",
            kind: "Eviction",
            metadata: at,
            deleteOptions: gracePeriod,
          },
          ...isDryRun,
        },
      );
    return true;
  } catch (cause) {
    if (isReason(cause, "NotFound")) return true;
    if (!isReason(cause, "TooManyRequests")) throw cause;
    shell.errors.write(
      `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${cause.message}\n`,
    );
    return false;
  }
}
