/** Objects that hold a pod, or a template of pods, and how `set` changes what is in it. */
import { isUntyped } from "#client/dynamic.ts";
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import { equal } from "#schema/copy.ts";
import { flag } from "../flags.ts";
import { isKeyed, type Keyed } from "../patch/keyed.ts";
import { twoWayDiff } from "../patch/strategic-diff.ts";
import { fileFlags } from "../resources/files.ts";
import { type Manifest, typeName } from "../resources/manifest.ts";
import { patchObject } from "../resources/objects.ts";
import { forEachTarget, selectionFlags, selectObjects, type Target } from "../resources/select.ts";
import { writeFlags, type Writing, type WriteFlags, writingOf } from "../resources/writing.ts";
import type { Session } from "../session.ts";

export const setFlags = {
  ...writeFlags("kubectl-set"),
  ...fileFlags,
  selector: selectionFlags.selector,
  all: flag.switch("all objects of the types"),
  local: flag.switch("change what the file says, and send nothing"),
} as const;

export const containersFlag = flag.text("only containers with this name; * means any letters", {
  short: "c",
  value: "NAME",
  fallback: "*",
});

/** `web`, `web-*`, `*` */
export function isNamed(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

export interface PodSpecPart {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

export type Resources = Pick<ResourceRequirements, "limits" | "requests">;

const places: readonly (readonly string[])[] = [
  ["spec"],
  ["spec", "template", "spec"],
  ["spec", "jobTemplate", "spec", "template", "spec"],
  ["template", "spec"],
];

const at = (object: Keyed, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isKeyed(value) ? value[key] : undefined), object);

const placeIn = (object: Manifest): readonly string[] | undefined =>
  places.find((path) => {
    const found = at(object, path);
    return isKeyed(found) && Array.isArray(found["containers"]);
  });

export function podSpecOf({ object, resource, name }: Target): PodSpecPart {
  const path = placeIn(object);
  // exact: kubectl
  if (!path)
    throw new Error(
      `${resource.kind.plural}/${name} the object is not a pod or does not have a pod template: *${resource.kind.version}.${resource.kind.kind}`,
    );
  return at(object, path) as PodSpecPart;
}

function withSpec(object: Keyed, path: readonly string[], spec: unknown): Keyed {
  const [key = "", ...rest] = path;
  const value = rest.length === 0 ? spec : withSpec(object[key] as Keyed, rest, spec);
  return { ...object, [key]: value };
}

export interface Setting {
  readonly call: {
    readonly args: readonly string[];
    readonly flags: WriteFlags & {
      readonly filename: readonly string[];
      readonly recursive: boolean;
      readonly selector: string;
      readonly all: boolean;
      readonly local: boolean;
    };
  };
  /** What the command says it did. */
  readonly done: string;
  readonly change: (spec: PodSpecPart, target: Target) => PodSpecPart;
}

/** Says nothing of objects that are as they should be. */
export async function changePodSpecs(session: Session, setting: Setting): Promise<void> {
  const { args, flags } = setting.call;
  const writing = await writingOf(session.shell, flags);
  const wanted = { args, ...flags, takesAll: flags.all, isLocal: flags.local };
  const found = await selectObjects(session, wanted);
  await forEachTarget(found, (target) => changeOne(session, target, { setting, writing }));
}

interface Changing {
  readonly setting: Setting;
  readonly writing: Writing;
}

async function changeOne(
  session: Session,
  target: Target,
  { setting: { change, done, call }, writing }: Changing,
): Promise<void> {
  const { object, resource } = target;
  const spec = podSpecOf(target);
  const changed = withSpec(object, placeIn(object) ?? [], change(spec, target)) as Manifest;
  const isHere = call.flags.local || writing.dryRun === "client";
  if (equal(changed, object) && !isHere) return;
  if (isHere) return writing.say(changed, done);
  const request = isUntyped(resource.kind)
    ? { is: "merge" as const, patch: { spec: changed["spec"] } }
    : { is: "strategic" as const, patch: twoWayDiff(resource.kind.schema, object, changed) };
  writing.say(await patchObject(session, target, { ...writing.options, ...request }), done);
}

/** `Deployment web`: how listings head what they list. */
export const heading = ({ object, resource, name }: Target): string =>
  `${object.kind || typeName(resource.kind)} ${name}`;

/** Changes those that the pattern names; all of them are given back. */
export const changeContainers = (
  spec: PodSpecPart,
  isWanted: (container: Container) => boolean,
  change: (container: Container) => Container,
): PodSpecPart => {
  const changed = (containers: readonly Container[]): readonly Container[] =>
    containers.map((container) => (isWanted(container) ? change(container) : container));
  const { initContainers, containers } = spec;
  return {
    ...spec,
    containers: changed(containers),
    ...(initContainers ? { initContainers: changed(initContainers) } : {}),
  };
};
