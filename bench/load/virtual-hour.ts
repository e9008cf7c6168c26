/**
 * Two virtual hours of a cluster of light kubelets with probed pods: prints the seconds that each took. In the first one
 * most of the program is compiled; all later ones are like the second.
 */
import { createCluster } from "k8ts/testing";

const nodes = Number(process.argv[2] ?? 100);
const httpGet = { path: "/", port: 80 };
const container = {
  name: "web",
  image: "web:1",
  readinessProbe: { httpGet },
  livenessProbe: { httpGet },
};
await using cluster = await createCluster({ nodes, kubelets: "light" });
await cluster.apply({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: nodes * 3,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [container] } },
  },
});
await cluster.idle();
const hours: { readonly seconds: number; readonly cpuSeconds: number }[] = [];
for (let i = 0; i < 2; i++) {
  const [cpu, startedMs] = [process.cpuUsage(), performance.now()];
  await cluster.clock.advance("1h");
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedMs) / 1_000;
  hours.push({ seconds, cpuSeconds: (user + system) / 1e6 });
}
process.stdout.write(JSON.stringify(hours));
