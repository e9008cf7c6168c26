/**
 * How replication controllers were updated before there were deployments: a new one grows while the
 * old one shrinks. upstream, until 1.17: pkg/kubectl/cmd/rollingupdate
 */
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import type { ManifestOf } from "#api/kind.ts";
import { sha256Hex } from "#base/hash.ts";
import { sleep } from "#base/clock.ts";
import { type Call, defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { findType } from "../resources/arguments.ts";
import { fileFlags, readManifests } from "../resources/files.ts";
import { statesOf } from "../resources/states.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { openSession, type Session } from "../session.ts";

const defaultTimeoutMs = 300_000;

const flags = {
  ...fileFlags,
  image: flag.text("the image of the new one", { value: "IMAGE", fallback: "" }),
  "update-period": flag.duration("the pause between two steps", { fallback: 0 }),
  timeout: flag.duration("how long a step may take", { fallback: defaultTimeoutMs }),
} as const;

export const rollingUpdate = defineCommand({
  name: "rolling-update",
  usage: "OLD ([NEW] --image=IMAGE | -f FILE)",
  summary: "Replace a replication controller by a new one, pod by pod",
  details: `Without NEW, the new one gets the name of the old one when it has taken its place. For
deployments, see \`set image\` and \`rollout\`.`,
  examples: [
    "k8ts rolling-update web --image=nginx:2",
    "k8ts rolling-update web-v1 web-v2 --image=nginx:2",
    "k8ts rolling-update web-v1 -f web-v2.yaml",
  ],
  group: "deploy",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    const { client, namespace } = session;
    const [oldName] = call.args;
    if (oldName === undefined) throw new UsageError("Must specify the controller to update");
    const old = await client.get(ReplicationController, { namespace, name: oldName });
    const wanted = await newController(session, call, old);
    const size = wanted.spec?.replicas ?? old.spec.replicas ?? 1;
    const name = wanted.metadata?.name ?? "";
    await client.create(ReplicationController, {
      ...wanted,
      metadata: { ...wanted.metadata, namespace },
      spec: { ...wanted.spec, replicas: 0 },
    });
    shell.output.write(`Created ${name}\n`);
    await replaceAll(session, call, { oldName, name, size, from: old.spec.replicas ?? 1 });
    shell.output.write(`Update succeeded. Deleting ${oldName}\n`);
    await client.delete(ReplicationController, { namespace, name: oldName });
    const keepsName = call.args.length === 1 && call.flags.filename.length === 0;
    if (keepsName) await rename(session, { from: name, to: oldName });
    const last = keepsName ? oldName : name;
    shell.output.write(`replicationcontroller/${last} rolling updated to "${last}"\n`);
  },
});

type Wanted = ManifestOf<typeof ReplicationController>;

/** From the file, or the old one with another image, name and selector. */
async function newController(
  { shell }: Session,
  { args, flags: given }: Call<typeof flags>,
  old: ReplicationController,
): Promise<Wanted> {
  if (given.filename.length > 0) {
    const [found] = await readManifests(shell, given);
    const wanted = found?.manifest as unknown as Wanted | undefined;
    if (!wanted || wanted.metadata?.name === old.metadata.name)
      throw new Error(`the file must hold a replication controller of another name`);
    return wanted;
  }
  if (given.image === "")
    throw new UsageError("Must specify --filename or --image for new controller");
  const name = args[1] ?? `${old.metadata.name}-${sha256Hex(given.image).slice(0, 8)}`;
  return withImage(old, name, given.image);
}

/** A mark sets its pods apart from those of the old one. */
function withImage({ metadata, spec }: ReplicationController, name: string, image: string): Wanted {
  const { template, selector, replicas } = spec;
  const [container, ...more] = template?.spec.containers ?? [];
  if (!template || !container || more.length > 0)
    throw new Error("Image update is not supported for multi-container pods");
  const mark = { deployment: sha256Hex(`${name} ${image}`).slice(0, 16) };
  const labels = { ...template.metadata.labels, ...mark };
  return {
    metadata: { name, labels: metadata.labels ?? {} },
    spec: {
      replicas: replicas ?? 1,
      selector: { ...selector, ...mark },
      template: {
        metadata: { ...template.metadata, labels },
        spec: { ...template.spec, containers: [{ ...container, image }] },
      },
    },
  } as Wanted;
}

/** Its pods are nobody's for a moment; the one of the other name then takes them on. */
async function rename(
  session: Session,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const { client, namespace, shell } = session;
  shell.output.write(`Renaming ${from} to ${to}\n`);
  const { metadata, spec } = await client.get(ReplicationController, { namespace, name: from });
  await client.delete(
    ReplicationController,
    { namespace, name: from },
    { propagationPolicy: "Orphan" },
  );
  await awaitState(session, { name: from, isReached: isGone });
  await awaitState(session, { name: to, isReached: isGone });
  await client.create(ReplicationController, {
    metadata: { name: to, namespace, labels: metadata.labels ?? {} },
    spec,
  } as Wanted);
}

interface Replacement {
  readonly oldName: string;
  readonly name: string;
  /** Of the new one, at the end. */
  readonly size: number;
  /** Of the old one, at the beginning. */
  readonly from: number;
}

async function replaceAll(
  session: Session,
  { flags: given }: Call<typeof flags>,
  { oldName, name, size, from }: Replacement,
): Promise<void> {
  const { shell } = session;
  shell.output.write(
    `Scaling up ${name} from 0 to ${size}, scaling down ${oldName} from ${from} to 0 (keep ${size} pods available, don't exceed ${size + 1} pods)\n`,
  );
  for (let step = 1; step <= Math.max(size, from); step++) {
    if (step <= size) {
      shell.output.write(`Scaling ${name} up to ${step}\n`);
      await resize(session, { name, size: step }, given.timeout);
    }
    const left = Math.max(from - step, 0);
    if (step <= from) {
      shell.output.write(`Scaling ${oldName} down to ${left}\n`);
      await resize(session, { name: oldName, size: left }, given.timeout);
    }
    if (given["update-period"] > 0) await sleep(shell.clock, given["update-period"], shell.signal);
  }
}

/** Resolves when so many pods are ready. */
async function resize(
  session: Session,
  { name, size }: { readonly name: string; readonly size: number },
  timeoutMs: number,
): Promise<void> {
  const change = { spec: { replicas: size } };
  const { client, namespace } = session;
  await client.patch(ReplicationController, { namespace, name }, { is: "merge", change });
  const isSettled = (controller: ReplicationController | undefined): boolean => {
    const { readyReplicas = 0, replicas = 0 } = controller?.status ?? {};
    return readyReplicas === size && replicas === size;
  };
  await awaitState(session, { name, isReached: isSettled, timeoutMs });
}

const isGone = (controller: ReplicationController | undefined): boolean => controller === undefined;

interface Awaited {
  readonly name: string;
  readonly isReached: (controller: ReplicationController | undefined) => boolean;
  readonly timeoutMs?: number;
}

async function awaitState(
  session: Session,
  { name, isReached, timeoutMs = defaultTimeoutMs }: Awaited,
): Promise<void> {
  const { namespace, shell } = session;
  const resource = findType(await session.discovered(), "replicationcontrollers");
  using limit = timeLimit(shell.clock, timeoutMs, shell.signal);
  for await (const state of statesOf(session, { resource, namespace, name }, limit.signal))
    if (isReached(state as ReplicationController | undefined)) return;
  throw new Error("timed out waiting for the condition"); // exact: kubectl
}
