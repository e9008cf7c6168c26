/** What can stand behind a service: which pods, and their ports. upstream: kubectl/pkg/polymorphichelpers */
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { Service } from "#api/core/service.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Target } from "../resources/select.ts";

export interface Exposable {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly protocol: string | undefined }[];
}

interface Contained {
  readonly containers?: readonly {
    readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string }[];
  }[];
}

interface Shape {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Contained & {
    readonly selector?: { readonly matchLabels?: object } & Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
    readonly template?: { readonly spec?: Contained };
  };
}

type Find = (object: Shape) => Exposable;

const containerPorts = ({ containers = [] }: Contained): Exposable["ports"] =>
  containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
  );

const byMatchLabels: Find = ({ spec }) => ({
  selector: (spec.selector?.matchLabels ?? {}) as Exposable["selector"],
  ports: containerPorts(spec.template?.spec ?? {}),
});

const finders: ReadonlyMap<AnyKind, Find> = new Map<AnyKind, Find>([
  [Deployment, byMatchLabels],
  [ReplicaSet, byMatchLabels],
  [Pod, ({ metadata, spec }) => ({ selector: metadata.labels ?? {}, ports: containerPorts(spec) })],
  [
    ReplicationController,
    ({ spec }) => ({
      selector: (spec.selector ?? {}) as Exposable["selector"],
      ports: containerPorts(spec.template?.spec ?? {}),
    }),
  ],
  [
    Service,
    ({ spec }) => ({
      selector: (spec.selector ?? {}) as Exposable["selector"],
      ports: (spec.ports ?? []).map(({ port, protocol }) => ({ port, protocol })),
    }),
  ],
]);

export function exposableOf({ resource: { kind }, object }: Target): Exposable {
  const find = finders.get(kind);
  // exact: kubectl
  if (!find) {
    const name = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
    throw new Error(`cannot expose a ${name}`);
  }
  return find(object as unknown as Shape);
}
