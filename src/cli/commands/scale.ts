/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/scale/scale.go */
import { type Call, defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { fileFlags } from "../resources/files.ts";
import { getObject, patchObject } from "../resources/objects.ts";
import { forEachTarget, selectionFlags, selectObjects, type Target } from "../resources/select.ts";
import { statesOf } from "../resources/states.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { writeFlags, type Writing, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...writeFlags("kubectl-scale"),
  ...fileFlags,
  selector: selectionFlags.selector,
  all: flag.switch("all objects of the types"),
  replicas: flag.requiredInt("how many pods are wanted", { value: "COUNT" }),
  "current-replicas": flag.int("only if so many were wanted so far", { fallback: -1 }),
  "resource-version": flag.text("only if the object still is of this version", {
    value: "VERSION",
    fallback: "",
  }),
  timeout: flag.duration("wait so long until there are as many; 0 means do not wait", {
    fallback: 0,
  }),
} as const;

type ScaleCall = Call<typeof flags>;

export const scale = defineCommand({
  name: "scale",
  usage: "(TYPE NAME | TYPE/NAME... | -f FILE) --replicas=COUNT",
  summary: "Set how many pods a deployment, replica set, stateful set or controller has",
  examples: [
    "k8ts scale deploy/web --replicas=3",
    "k8ts scale rc/old rs/web-1 --replicas=0",
    "k8ts scale deploy/web --current-replicas=2 --replicas=3",
  ],
  group: "deploy",
  flags,

  async run(shell, call) {
    const { args, flags: given } = call;
    // exact: kubectl
    if (given.replicas < 0)
      throw new Error(
        "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
      );
    const writing = await writingOf(shell, given);
    const session = await openSession(shell, call);
    const found = await selectObjects(session, { args, ...given, takesAll: given.all });
    await forEachTarget(found, (target) => scaleOne(session, target, { given, writing }));
  },
});

interface Scaling {
  readonly given: ScaleCall["flags"];
  readonly writing: Writing;
}

async function scaleOne(
  session: Session,
  target: Target,
  { given, writing }: Scaling,
): Promise<void> {
  const { replicas } = given;
  if (writing.dryRun !== "client") {
    const resourceVersion = await checkedVersion(session, target, given);
    const metadata = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
    await patchObject(session, target, {
      ...writing.options,
      subresource: "scale",
      is: "merge",
      patch: { ...metadata, spec: { replicas } },
    });
  }
  if (given.timeout > 0 && writing.dryRun === "none") await waitForReplicas(session, target, given);
  writing.say(target.object, "scaled");
}

interface Scale {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

/** exact: kubectl, the messages. The version that the conditions were found true for. */
async function checkedVersion(
  session: Session,
  target: Target,
  given: ScaleCall["flags"],
): Promise<string | undefined> {
  const { "current-replicas": wanted, "resource-version": version } = given;
  if (wanted < 0 && version === "") return undefined;
  const found = await getObject(session, target, "scale");
  const { replicas = 0 } = (found as Scale).spec ?? {};
  const { resourceVersion } = found.metadata;
  if (wanted >= 0 && replicas !== wanted)
    throw new Error(`Expected replicas to be ${wanted}, was ${replicas}`);
  if (version !== "" && resourceVersion !== version)
    throw new Error(`Expected resource version to be ${version}, was ${resourceVersion}`);
  return resourceVersion;
}

async function waitForReplicas(
  session: Session,
  target: Target,
  { replicas, timeout }: ScaleCall["flags"],
): Promise<void> {
  const { shell } = session;
  using limit = timeLimit(shell.clock, timeout, shell.signal);
  for await (const state of statesOf(session, target, limit.signal))
    if (((state as Scale | undefined)?.status?.replicas ?? 0) === replicas) return;
  if (limit.isOver()) throw new Error("timed out waiting for the condition"); // exact: kubectl
}
