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
}

export function podOf(name: string, facts: PodFacts): object {
  const { image = "app:1", labels = {}, restartPolicy = "Always", ports = [], ...probes } = facts;
  const container = {
    name: "app",
    image,
    ports: ports.map((containerPort) => ({ containerPort })),
    ...probes,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { restartPolicy, containers: [container] },
  };
}
