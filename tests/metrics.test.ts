/** What pods and nodes use, and an autoscaler that acts on it, on a real cluster as it comes. */
import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { eventually, startCluster } from "./cluster.ts";
import { image } from "./manifests.ts";

const busy = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: busy }
spec:
  replicas: 1
  selector: { matchLabels: { app: busy } }
  template:
    metadata: { labels: { app: busy } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: c
          image: ${image}
          command: [node, -e, "for (;;);"]
          resources: { requests: { cpu: 50m }, limits: { cpu: 100m } }
`;

test("kubectl top and an autoscaler work out of the box", async () => {
  await using cluster = await startCluster();
  const { kubectl } = cluster;
  await kubectl("apply -f -", { input: busy });
  await kubectl("rollout status deployment/busy --timeout=90s");
  match(await kubectl("top nodes"), /^NAME +CPU\(cores\) .*\n\S+ +\d+m +\d+% +\d+Mi +\d+%/);
  match(await kubectl("top pods --all-namespaces"), /\ndefault +busy-\S+ +\d+m +\d+Mi/);
  match(await kubectl("top pods --containers -l app=busy"), /\nbusy-\S+ +c +\d+m +\d+Mi/);
  await kubectl("autoscale deployment busy --cpu-percent=100 --min=1 --max=2");
  await eventually(
    async () => equal(await kubectl("get hpa busy -o jsonpath={.status.desiredReplicas}"), "2"),
    { limitMs: 120_000 },
  );
  const told = await kubectl("describe hpa busy");
  match(
    told,
    /SuccessfulRescale +\S+ +horizontal-pod-autoscaler +New size: 2; reason: cpu resource/,
  );
  match(told, /ScalingActive +True +ValidMetricFound/);
});
