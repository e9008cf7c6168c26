/**
 * A check of the Pod Security Standards, and the words in which violations are told.
 * exact: apiserver. upstream: staging/src/k8s.io/pod-security-admission/policy/helpers.go
 */
import type { Container, EphemeralContainer } from "#api/core/container.ts";
import type { PodSpec, PodTemplateSpec } from "#api/core/pod-spec.ts";
import type { SecurityContext } from "#api/core/security-context.ts";

/** What is checked: a pod, or the template of one. */
export type Checked = Pick<PodTemplateSpec, "metadata" | "spec">;

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type Check = (pod: Checked) => Violation | undefined;

export type AnyContainer = Container | EphemeralContainer;

export const containersOf = (spec: PodSpec): readonly AnyContainer[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

/** The names of the containers whose security context (empty when there is none) is bad. */
export const containersWhere = (
  { spec }: Checked,
  isBad: (context: Partial<SecurityContext>, container: AnyContainer) => boolean,
): readonly string[] =>
  containersOf(spec)
    .filter((container) => isBad(container.securityContext ?? {}, container))
    .map(({ name }) => name);

export const plural = (count: number, one: string, more = `${one}s`): string =>
  count === 1 ? one : more;

export const quoted = (names: Iterable<string>): string =>
  [...names].map((name) => JSON.stringify(name)).join(", ");

/** `container "a"`, `containers "a", "b"`. */
export const named = (noun: string, names: readonly string[]): string =>
  `${plural(names.length, noun)} ${quoted(names)}`;

/** `pod and container "a"`; undefined when nobody set it. */
export function setters(isPod: boolean, containers: readonly string[]): string | undefined {
  const list = [
    ...(isPod ? ["pod"] : []),
    ...(containers.length > 0 ? [named("container", containers)] : []),
  ];
  return list.length === 0 ? undefined : list.join(" and ");
}

export const sortedSet = (values: Iterable<string>): readonly string[] =>
  [...new Set(values)].sort();

export const isWindows = ({ spec }: Checked): boolean => spec.os?.name === "windows";
