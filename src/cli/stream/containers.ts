/**
 * The container that a command means when it names a pod.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/util/podcmd/podcmd.go
 */
import type { Pod } from "#api/core/pod.ts";

export interface FoundContainer {
  readonly name: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly isEphemeral: boolean;
}

interface Group {
  readonly containers: readonly {
    readonly name: string;
    readonly tty?: boolean | undefined;
    readonly stdin?: boolean | undefined;
  }[];
  readonly isEphemeral: boolean;
  /** After each name, for people. */
  readonly mark: string;
}

const groupsOf = ({ spec }: Pod): readonly Group[] => [
  { containers: spec.containers, isEphemeral: false, mark: "" },
  { containers: spec.ephemeralContainers ?? [], isEphemeral: true, mark: " (ephem)" },
  { containers: spec.initContainers ?? [], isEphemeral: false, mark: " (init)" },
];

export function findContainer(pod: Pod, wanted: string): FoundContainer | undefined {
  for (const { containers, isEphemeral } of groupsOf(pod)) {
    const found = containers.find(({ name }) => name === wanted);
    if (found)
      return {
        name: wanted,
        tty: found.tty ?? false,
        stdin: found.stdin ?? false,
        isEphemeral,
      };
  }
  return undefined;
}

/** `app, side, setup (init)` */
export const containerNames = (pod: Pod): string =>
  groupsOf(pod)
    .flatMap(({ containers, mark }) => containers.map(({ name }) => `${name}${mark}`))
    .join(", ");

export const defaultAnnotation = "kubectl.kubernetes.io/default-container";

/** The one with this name; without a name the pod's default, or its first, which is then told. */
export function chooseContainer(
  pod: Pod,
  name: string,
  tell: (line: string) => void,
): FoundContainer {
  const marked = pod.metadata.annotations?.[defaultAnnotation] ?? "";
  // exact: kubectl, the messages
  if (name !== "") {
    const named = findContainer(pod, name);
    if (!named) throw new Error(`container ${name} not found in pod ${pod.metadata.name}`);
    return named;
  }
  const found =
    findContainer(pod, marked) ?? findContainer(pod, pod.spec.containers[0]?.name ?? "");
  if (!found)
    throw new Error(
      `pod ${pod.metadata.namespace}/${pod.metadata.name} does not have any containers`,
    );
  if (found.name !== marked) tellDefault(pod, found.name, tell);
  return found;
}

/** exact: kubectl. Nothing where there is no choice. */
export function tellDefault(pod: Pod, name: string, tell: (line: string) => void): void {
  const count = groupsOf(pod).reduce((sum, { containers }) => sum + containers.length, 0);
  if (count > 1) tell(`Defaulted container "${name}" out of: ${containerNames(pod)}\n`);
}
