/** Manifests for tests of the simulator. */
import type { Container } from "#api/core/container.ts";

interface Web {
  readonly replicas: number;
  readonly image?: string;
}

export const web = ({ replicas, image = "web:1" }: Web): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "app", image }] },
    },
  },
});

interface PodFacts {
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly restartPolicy?: string;
  readonly ports?: readonly number[];
  readonly readinessProbe?: Partial<Container["readinessProbe"]>;
  readonly livenessProbe?: Partial<Container["livenessProbe"]>;
  readonly resources?: Partial<Container["resources"]>;
  readonly securityContext?: Container["securityContext"];
}

export function podOf(name: string, facts: PodFacts): object {
  const { image = "app:1", labels = {}, restartPolicy = "Always", ports = [], ...rest } = facts;
  const container = {
    name: "app",
    image,
    ports: ports.map((containerPort) => ({ containerPort })),
    ...rest,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { restartPolicy, containers: [container] },
  };
}

/** A pod with a volume of that driver, and everything that it takes. */
export function storedBy(driver: string): readonly object[] {
  const claim = { namespace: "default", name: "data" };
  const capacity = { storage: "1Gi" };
  const accessModes = ["ReadWriteOnce"];
  return [
    { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata: { name: driver }, spec: {} },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "v" },
      spec: { accessModes, capacity, claimRef: claim, csi: { driver, volumeHandle: "h" } },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: claim,
      spec: {
        accessModes,
        storageClassName: "",
        resources: { requests: capacity },
        volumeName: "v",
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "db" },
      spec: {
        containers: [
          { name: "app", image: "db:1", volumeMounts: [{ name: "data", mountPath: "/data" }] },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      },
    },
  ];
}
