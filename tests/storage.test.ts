/** Stateful sets out of the box: volumes as folders of the node, kept, moved on to, and removed. */
import { equal, match } from "node:assert/strict";
import { access } from "node:fs/promises";
import { after, before, test } from "node:test";
import { eventually, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** Appends its name to a file in its volume, as somebody who is not root, and stays. */
const writer = `require("node:fs").appendFileSync("/data/log", process.env.HOSTNAME + "\\n");
process.on("SIGTERM", () => process.exit()); setInterval(() => {}, 1e6)`;

const container = {
  name: "writer",
  image: "k8ts.local/node:26",
  args: ["-e", writer],
  securityContext: { runAsUser: 1000, runAsNonRoot: true },
  volumeMounts: [{ name: "data", mountPath: "/data" }],
};

const claimSpec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

const statefulSet = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db" },
  spec: {
    serviceName: "db",
    replicas: 2,
    selector: { matchLabels: { app: "db" } },
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [container] } },
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claimSpec }],
  },
};

const apply = (object: object): Promise<string> =>
  cluster.kubectl("apply -f -", { input: JSON.stringify(object) });

const folderOf = async (claim: string): Promise<string> => {
  const volume = await cluster.kubectl(`get pvc ${claim} -o jsonpath={.spec.volumeName}`);
  return cluster.kubectl(`get pv ${volume} -o jsonpath={.spec.hostPath.path}`);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test("there is a default storage class", async () => {
  match(
    await cluster.kubectl("get storageclass"),
    /^local-path \(default\)\s+k8ts.io\/local-path/m,
  );
});

test("a stateful set gets its volumes, and its data outlives its pods", async () => {
  const { kubectl } = cluster;
  await apply(statefulSet);
  await kubectl("rollout status statefulset/db --timeout=60s");
  match(await kubectl("get pvc"), /data-db-0\s+Bound\s+pvc-\S+\s+1Gi\s+RWO\s+local-path/);
  await kubectl("delete pod db-0");
  await kubectl("rollout status statefulset/db --timeout=60s");
  const read = `process.stdout.write(require("node:fs").readFileSync("/data/log", "utf8"))`;
  equal(await kubectl(["exec", "db-0", "--", "node", "-e", read]), "db-0\ndb-0\n");
});

test("a claim that goes takes its folder along, helpers and all", async () => {
  const { kubectl } = cluster;
  const folder = await folderOf("data-db-1");
  equal(await exists(folder), true);
  await kubectl("delete statefulset db");
  await kubectl("delete pvc --all");
  await eventually(async () => {
    equal(await kubectl("get pv -o name"), "");
    equal(await exists(folder), false);
    equal(await kubectl("get pods -n kube-system -l app=local-path-helper -o name"), "");
  });
});

test("a generic ephemeral volume lives as long as its pod", async () => {
  const { kubectl } = cluster;
  const volume = { name: "data", ephemeral: { volumeClaimTemplate: { spec: claimSpec } } };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "scratch" } };
  await apply({ ...pod, spec: { containers: [container], volumes: [volume] } });
  await kubectl("wait --for=condition=Ready pod/scratch --timeout=60s");
  match(await kubectl("get pvc"), /^scratch-data\s+Bound/m);
  await kubectl("delete pod scratch");
  await eventually(async () => equal(await kubectl("get pvc -o name"), ""));
});

test("a claim that asks for more gets it", async () => {
  const { kubectl } = cluster;
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "grows" } };
  await apply({ ...claim, spec: claimSpec });
  const source = { name: "data", persistentVolumeClaim: { claimName: "grows" } };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "user" } };
  await apply({ ...pod, spec: { containers: [container], volumes: [source] } });
  await kubectl("wait --for=condition=Ready pod/user --timeout=60s");
  const larger = { ...claimSpec, resources: { requests: { storage: "2Gi" } } };
  await apply({ ...claim, spec: larger });
  await kubectl("wait --for=jsonpath={.status.capacity.storage}=2Gi pvc/grows --timeout=30s");
});
