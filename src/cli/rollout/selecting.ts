/** What the commands below `rollout` have in common: which objects, and what of them can be rolled out. */
import { flag } from "../flags.ts";
import { fileFlags } from "../resources/files.ts";
import { typeName } from "../resources/manifest.ts";
import {
  forEachTarget,
  selectionFlags,
  selectObjects,
  type Target,
  type Wanted,
} from "../resources/select.ts";
import type { Session } from "../session.ts";
import { type AnyRollout, findRollout } from "./rollout.ts";
import { rollouts } from "./rollouts.ts";

export const rolloutFlags = { ...fileFlags, selector: selectionFlags.selector } as const;
export const rolloutUsage = "(TYPE NAME | TYPE/NAME | -f FILE)";

export const revisionFlag = (name: string) =>
  flag.int(`${name}; 0 means the newest`, { fallback: 0, value: "REVISION" });

interface RolloutCall {
  readonly args: readonly string[];
  readonly flags: Omit<Wanted, "args">;
}

/** `refusal` is for objects that cannot be rolled out. */
export async function forEachRollout(
  session: Session,
  { call, refusal }: { readonly call: RolloutCall; readonly refusal: Refusal },
  act: (target: Target, rollout: AnyRollout) => Promise<void>,
): Promise<void> {
  const { args, flags } = call;
  // exact: kubectl
  if (args.length === 0 && (flags.filename ?? []).length === 0)
    throw new Error("required resource not specified");
  const found = await selectObjects(session, { args, ...flags, takesAll: true });
  await forEachTarget(found, async (target) => {
    const rollout = findRollout(rollouts, target);
    if (!rollout) throw new Error(refusal(target));
    await act(target, rollout);
  });
}

type Refusal = (target: Target) => string;

// exact: kubectl, the refusals
export const unsupported =
  (doing: string): Refusal =>
  ({ resource, name }) =>
    `${resourceName(resource)} "${name}" ${doing} is not supported`;

export const without =
  (what: string, isQuoted = true): Refusal =>
  ({ resource: { kind } }) =>
    `no ${what} has been implemented for ${isQuoted ? JSON.stringify(groupKind(kind)) : groupKind(kind)}`;

const groupKind = ({ group, kind }: Target["resource"]["kind"]): string =>
  group === "" ? kind : `${kind}.${group}`;

export const resourceName = ({ kind }: Target["resource"]): string =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

/** `deployment.apps/web` */
export const titleOf = ({ resource, name }: Target): string => `${typeName(resource.kind)}/${name}`;
