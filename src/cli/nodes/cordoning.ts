/** Taking nodes out of scheduling, and back. upstream: staging/src/k8s.io/kubectl/pkg/cmd/drain */
import type { Call, Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { findType } from "../resources/arguments.ts";
import { fullName } from "../resources/manifest.ts";
import { patchObject } from "../resources/objects.ts";
import {
  type Found,
  forEachTarget,
  selectionFlags,
  selectObjects,
  type Target,
} from "../resources/select.ts";
import { dryRunOf, dryRunSuffix } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

export const cordonFlags = {
  selector: selectionFlags.selector,
  "dry-run": flag.text("none, server, or client: only show what would be done", {
    value: "none|server|client",
    bare: "client",
    fallback: "none",
  }),
} as const;

type CordonCall = Pick<Call<typeof cordonFlags>, "args" | "given" | "path"> & {
  readonly flags: { readonly selector: string; readonly "dry-run": string };
};

// exact: kubectl, the messages
export async function selectNodes(session: Session, call: CordonCall): Promise<Found> {
  const { args, flags } = call;
  if (args.length > 0 && flags.selector !== "")
    throw new Error("error: cannot specify both a node name and a --selector option");
  if (args.length === 0 && flags.selector === "") {
    const [program = "", ...command] = call.path.split(" ");
    throw new Error(
      `error: USAGE: ${command.join(" ")} NODE [flags]\nSee '${program} ${command.join(" ")} -h' for help and examples`,
    );
  }
  const nodes = findType(await session.discovered(), "nodes").kind.plural;
  const names = args.map((arg) => (arg.includes("/") ? arg : `${nodes}/${arg}`));
  return selectObjects(session, {
    args: names.length > 0 ? names : [nodes],
    selector: flags.selector,
  });
}

export async function cordonAll(
  shell: Shell,
  call: CordonCall,
  isUnschedulable: boolean,
): Promise<void> {
  const session = await openSession(shell, call);
  const found = await selectNodes(session, call);
  await forEachTarget(found, (node) => cordon(session, node, { call, isUnschedulable }));
}

export async function cordon(
  session: Session,
  node: Target,
  { call, isUnschedulable }: { readonly call: CordonCall; readonly isUnschedulable: boolean },
): Promise<void> {
  const dryRun = dryRunOf(call.flags["dry-run"]);
  const { spec } = node.object as { readonly spec?: { readonly unschedulable?: boolean } };
  const isAlready = (spec?.unschedulable ?? false) === isUnschedulable;
  if (!isAlready && dryRun !== "client")
    await patchObject(session, node, {
      manager: "kubectl-cordon",
      isDryRun: dryRun === "server",
      is: "strategic",
      patch: { spec: { unschedulable: isUnschedulable || null } },
    });
  const done = `${isAlready ? "already " : ""}${isUnschedulable ? "cordoned" : "uncordoned"}`;
  session.shell.output.write(`${fullName(node.object)} ${done}${dryRunSuffix(dryRun)}\n`);
}
