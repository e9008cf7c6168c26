/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go */
import { ApiError } from "#api/errors.ts";
import { Pod } from "#api/core/pod.ts";
import { canonicalTime } from "#schema/json/times.ts";
import { type Call, defineCommand, type Shell } from "../command.ts";
import { explained } from "../explain.ts";
import { flag, UsageError } from "../flags.ts";
import { selectionFlags } from "../resources/select.ts";
import { openSession, type Session } from "../session.ts";
import { untilInterrupted } from "../stream/interrupt.ts";
import {
  type LogQuery,
  type LogSource,
  type Printing,
  printLog,
  sourcesOf,
} from "../stream/log-streams.ts";
import { bestToRead, findSource, podsOf, runningTimeoutFlag } from "../stream/pods.ts";

const flags = {
  selector: selectionFlags.selector,
  container: flag.text("the container; the pod's default unless said", {
    short: "c",
    value: "NAME",
    fallback: "",
  }),
  "all-containers": flag.switch("of all containers"),
  "all-pods": flag.switch("of all pods of a workload; with a prefix"),
  follow: flag.switch("go on as more is written", { short: "f" }),
  previous: flag.switch("of the container's run before this one", { short: "p" }),
  tail: flag.int("only so many lines from the end; -1 means all, 10 with a selector", {
    fallback: -1,
  }),
  since: flag.duration("only what is not older than this: 5s, 2m, 3h", { fallback: 0 }),
  "since-time": flag.text("only what was written since then", { value: "RFC3339", fallback: "" }),
  timestamps: flag.switch("start each line with its time"),
  prefix: flag.switch("start each line with the pod and container that wrote it"),
  "limit-bytes": flag.int("only so many bytes", { fallback: 0 }),
  "max-log-requests": flag.int("follow at most so many containers at once", { fallback: 5 }),
  "ignore-errors": flag.switch("go on with the others when one cannot be followed"),
  "insecure-skip-tls-verify-backend": flag.switch("do not check the kubelet's certificate"),
  "pod-running-timeout": runningTimeoutFlag(20),
} as const;

type LogsCall = Call<typeof flags>;

export const logs = defineCommand({
  name: "logs",
  usage: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
  summary: "Print the log of a container",
  examples: [
    "k8ts logs web",
    "k8ts logs -f deploy/web --all-containers --prefix",
    "k8ts logs -l app=web --tail=20",
    "k8ts logs -p web -c app --since=1h",
  ],
  group: "debug",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    checkArguments(call);
    const query = queryOf(call);
    const session = await openSession(shell, call);
    const wish = {
      container: call.args[1] ?? given.container,
      allContainers: given["all-containers"],
      allPods: given["all-pods"],
    };
    const pods = await podsWanted(session, call);
    const sources = sourcesOf(pods, wish, shell.errors.write);
    const printing = {
      query,
      hasPrefix: given.prefix || given["all-pods"],
      signal: shell.signal,
    };
    const isParallel = given.follow && sources.length > 1;
    await untilInterrupted(
      shell,
      isParallel
        ? followAll(session, sources, { ...printing, call })
        : printAll(session, sources, printing),
    );
  },
});

// exact: kubectl, the messages
function checkArguments({ args, flags: given }: LogsCall): void {
  if (args.length > 2 || (args.length === 0 && given.selector === ""))
    throw new UsageError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  if (args.length === 1 && given.selector !== "")
    throw new UsageError("only a selector (-l) or a POD name is allowed");
}

// exact: kubectl, the messages
function checkFlags({ args, given: names, flags: given }: LogsCall, container: string): void {
  const wrong = [
    [
      given["since-time"] !== "" && given.since !== 0,
      "at most one of `sinceTime` or `sinceSeconds` may be specified",
    ],
    [
      given["all-containers"] && container !== "",
      `--all-containers=true should not be specified with container name ${container}`,
    ],
    [
      names.has("container") && args.length === 2,
      "only one of -c or an inline [CONTAINER] arg is allowed",
    ],
    [given["limit-bytes"] < 0, "--limit-bytes must be greater than 0"],
    [given.since < 0, "--since must be greater than 0"],
    [given.tail < -1, "--tail must be greater than or equal to -1"],
  ] as const;
  const found = wrong.find(([isWrong]) => isWrong);
  if (found) throw new Error(found[1]);
}

/** Lines of each pod when many are asked for by a selector. */
const selectorTail = 10;

function queryOf({ flags: given, given: names }: LogsCall): LogQuery {
  const { selector, tail, since, "limit-bytes": limitBytes, "since-time": sinceTime } = given;
  const isShort = selector !== "" && tail === -1 && !names.has("tail");
  return {
    follow: given.follow,
    previous: given.previous,
    timestamps: given.timestamps,
    insecureSkipTLSVerifyBackend: given["insecure-skip-tls-verify-backend"],
    sinceTime: sinceTime === "" ? undefined : (canonicalTime(sinceTime) ?? undefined),
    sinceSeconds: since === 0 ? undefined : Math.round(since / 1_000),
    limitBytes: limitBytes === 0 ? undefined : limitBytes,
    tailLines: isShort ? selectorTail : tail === -1 ? undefined : tail,
  };
}

async function podsWanted(session: Session, call: LogsCall): Promise<readonly Pod[]> {
  const { args, flags: given } = call;
  const { namespace, client, shell } = session;
  const container = args[1] ?? given.container;
  if (given.selector !== "") {
    const selected = { namespace, labelSelector: given.selector, signal: shell.signal };
    const { items } = await client.list(Pod, selected);
    // exact: kubectl
    if (items.length === 0) shell.errors.write(`No resources found in ${namespace} namespace.\n`);
    checkFlags(call, container);
    return items;
  }
  const source = await namingNamespace(session, findSource(session, args.slice(0, 1)));
  checkFlags(call, container);
  const pods = await podsOf(session, source, {
    toDo: "get the logs from",
    order: bestToRead,
    timeoutMs: given["pod-running-timeout"],
  });
  if (pods.length === 1 || given["all-pods"]) return pods;
  const [best] = pods;
  // exact: kubectl
  shell.errors.write(`Found ${pods.length} pods, using pod/${best.metadata.name}\n`);
  return [best];
}

/** exact: kubectl. Its other commands tell this differently. */
async function namingNamespace<T>({ namespace }: Session, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.reason !== "NotFound") throw cause;
    throw new Error(
      `error from server (NotFound): ${cause.message} in namespace ${JSON.stringify(namespace)}`,
      { cause },
    );
  }
}

async function printAll(
  session: Session,
  sources: readonly LogSource[],
  printing: Printing,
): Promise<void> {
  for (const source of sources) await printLog(session, source, printing);
}

/** The first that fails ends them all, unless errors are ignored. */
async function followAll(
  session: Session,
  sources: readonly LogSource[],
  { call, ...printing }: Printing & { readonly call: LogsCall },
): Promise<void> {
  const { "max-log-requests": most, "ignore-errors": goesOn } = call.flags;
  if (sources.length > most)
    throw new Error(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`, // exact: kubectl
    );
  const stop = new AbortController();
  const signal = AbortSignal.any([printing.signal, stop.signal]);
  const follow = async (source: LogSource): Promise<void> => {
    try {
      await printLog(session, source, { ...printing, signal });
    } catch (cause) {
      if (!goesOn) throw cause;
      sayFailure(session.shell, cause);
    }
  };
  try {
    await Promise.all(sources.map(follow));
  } finally {
    stop.abort();
  }
}

/** exact: kubectl, which says it among the lines. */
const sayFailure = ({ output }: Shell, cause: unknown): void =>
  output.write(
    explained(cause)
      .map((line) => `error: ${line.replace(/^error: /, "")}\n`)
      .join(""),
  );
