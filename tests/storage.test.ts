/** Stateful sets out of the box: volumes as folders of the node, kept, moved on to, and removed. */
import { deepEqual, equal, match } from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { placesOf } from "../src/cluster/places.ts";
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

test("a block device of the node is given to a container", async () => {
  const { kubectl, machine } = cluster;
  const node = (await kubectl("get nodes -o name")).trim().replace("node/", "");
  const path = join(machine.folder, "disk");
  await machine.run("mknod", [path, "b", "7", "0"]);
  const here = { key: "kubernetes.io/hostname", operator: "In", values: [node] };
  const spec = { ...claimSpec, storageClassName: "", volumeMode: "Block", volumeName: "disk" };
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "disk" },
    spec: {
      accessModes: claimSpec.accessModes,
      capacity: claimSpec.resources.requests,
      volumeMode: "Block",
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } },
    },
  });
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "disk" } };
  await apply({ ...claim, spec });
  const looks = `process.stdout.write(String(require("node:fs").statSync("/dev/xvda").isBlockDevice()))`;
  const looker = {
    name: "looker",
    image: "k8ts.local/node:26",
    args: ["-e", looks],
    volumeDevices: [{ name: "disk", devicePath: "/dev/xvda" }],
  };
  await apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "looker" },
    spec: {
      restartPolicy: "Never",
      containers: [looker],
      volumes: [{ name: "disk", persistentVolumeClaim: { claimName: "disk" } }],
    },
  });
  await kubectl("wait --for=jsonpath={.status.phase}=Succeeded pod/looker --timeout=60s");
  equal(await kubectl("logs looker"), "true");
});

const csiExample = "examples/csi-driver";

/** The driver and what sidecars would do, as its README starts them. */
async function startDriver(): Promise<AsyncDisposable> {
  const { machine, data, kubectl } = cluster;
  const node = (await kubectl("get nodes -o name")).trim().replace("node/", "");
  const kubelet = join(data, "kubelet");
  const folders = join(machine.folder, "folders");
  const place = ["--kubelet", kubelet];
  const started = new AsyncDisposableStack();
  const driver = [`${csiExample}/driver.ts`, "--node", node, "--data", folders, ...place];
  await started.use(machine.start(process.execPath, driver)).says(/^registered$/m);
  const controller = [`${csiExample}/controller.ts`, ...place];
  await started.use(machine.start(process.execPath, controller)).says(/^watching$/m);
  return started;
}

const mountsOf = async (what: string): Promise<readonly string[]> =>
  (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .filter((path) => path.startsWith(cluster.machine.folder) && path.includes(what));

const csiClaim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "files" },
  spec: { ...claimSpec, storageClassName: "folders" },
};

const csiPod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    securityContext: { fsGroup: 1000 },
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...container,
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "scratch", mountPath: "/scratch" },
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "files" } },
      { name: "scratch", csi: { driver: "folders.example.com" } },
    ],
  },
});

const readLog = async (pod: string): Promise<string> => {
  const read = `process.stdout.write(require("node:fs").readFileSync("/data/log", "utf8"))`;
  return cluster.kubectl(["exec", pod, "--", "node", "-e", read]);
};

test("a storage driver serves volumes: attached, kept from pod to pod, detached, deleted", async () => {
  const { kubectl } = cluster;
  await kubectl(`apply -f ${csiExample}/cluster.yaml`);
  await using _driver = await startDriver();
  match(await kubectl("get csinodes"), /^\S+\s+1\s/m);
  await apply(csiClaim);
  await apply(csiPod("first"));
  await kubectl("wait --for=condition=Ready pod/first --timeout=60s");
  match(await kubectl("get volumeattachments"), /folders.example.com\s+pvc-\S+\s+\S+\s+true/);
  const status = "jsonpath={.items[0].status.volumesInUse} {.items[0].status.volumesAttached}";
  match(
    await kubectl(["get", "nodes", "-o", status]),
    /^\["kubernetes.io\/csi\/folders.example.com\^pvc-\S+ \[.*folders.example.com/,
  );
  // Events are written behind what they tell of.
  await eventually(async () =>
    match(
      await kubectl("get events --field-selector reason=SuccessfulAttachVolume"),
      /AttachVolume.Attach succeeded for volume "pvc-/,
    ),
  );
  equal((await mountsOf("csi")).length, 3, "one for the node, one for each volume of the pod");

  // A kubelet that is killed leaves the volumes where they are, and the next one knows them.
  const pidFile = join(placesOf(cluster.data).run, "node.pid");
  process.kill(Number.parseInt(await readFile(pidFile, "utf8"), 10), "SIGKILL");
  await kubectl("delete pod first --timeout=60s");
  await eventually(async () => {
    deepEqual(await mountsOf("csi"), []);
    equal(await kubectl("get volumeattachments -o name"), "");
    equal(await kubectl(["get", "nodes", "-o", status]), " ");
  });
  await apply(csiPod("second"));
  await kubectl("wait --for=condition=Ready pod/second --timeout=60s");
  equal(await readLog("second"), "first\nsecond\n");
  await kubectl("delete pod second --timeout=60s");
  await kubectl("delete pvc files");
  const drivers = "get pv -o jsonpath={.items[*].spec.csi.driver}";
  await eventually(async () => equal(await kubectl(drivers), ""));
});
