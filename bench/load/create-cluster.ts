/** Prints how many milliseconds createCluster() and the first write take: the first time, the second… */
import { ConfigMap } from "k8ts/kinds";
import { createCluster } from "k8ts/testing";

const takenMs: number[] = [];
for (let i = 0; i < 3; i++) {
  const startedMs = performance.now();
  await using cluster = await createCluster();
  await cluster.client.create(ConfigMap, { metadata: { namespace: "default", name: "first" } });
  takenMs.push(performance.now() - startedMs);
}
console.log(JSON.stringify(takenMs));
