import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Pod } from "#api/core/pod.ts";
import { startTestCli } from "../testing.ts";
import type { AnyDescriber } from "./describer.ts";
import { describers } from "./describers.ts";
import { labelOf } from "./generic.ts";
import { formatMoment } from "./times.ts";

const webPod = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default, labels: { app: web, tier: front } }
spec:
  nodeSelector: { disk: ssd }
  tolerations: [{ key: slow, operator: Exists, effect: NoExecute, tolerationSeconds: 30 }]
  volumes:
    - { name: cfg, configMap: { name: settings, optional: true } }
    - { name: tmp, emptyDir: {} }
  containers:
    - name: main
      image: nginx
      command: [sh, -c, "echo a\\necho b"]
      ports: [{ containerPort: 80, name: http }]
      resources: { limits: { cpu: 500m }, requests: { cpu: 100m } }
      env:
        - { name: COLOUR, value: blue }
        - { name: SELF, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: KEY, valueFrom: { secretKeyRef: { name: keys, key: k } } }
      livenessProbe: { httpGet: { path: /up, port: http } }
      volumeMounts: [{ name: cfg, mountPath: /etc/web, readOnly: true }]
`;

test("a pod's page has its containers, volumes, placement and events", async () => {
  await using cli = await startTestCli();
  await cli.make(webPod);
  const { uid } = (await cli.client.get(Pod, { namespace: "default", name: "web" })).metadata;
  await cli.client.create(Event, {
    metadata: { namespace: "default", name: "web.1" },
    involvedObject: { kind: "Pod", namespace: "default", name: "web", uid: uid ?? "" },
    type: "Warning",
    reason: "FailedScheduling",
    message: "0/1 nodes are available",
    source: { component: "default-scheduler" },
    firstTimestamp: "2029-12-31T23:59:00Z",
    lastTimestamp: "2029-12-31T23:59:50Z",
    count: 3,
  });
  const { output } = await cli.run("describe", "pod", "web");
  equal(
    output,
    `Name:         web
Namespace:    default
Node:         <none>
Labels:       app=web
              tier=front
Annotations:  <none>
Status:       Pending
IP:           
IPs:          <none>
Containers:
  main:
    Image:      nginx
    Port:       80/TCP (http)
    Host Port:  0/TCP (http)
    Command:
      sh
      -c
      echo a
      echo b
    Limits:
      cpu:  500m
    Requests:
      cpu:     100m
    Liveness:  http-get http://:http/up delay=0s timeout=1s period=10s #success=1 #failure=3
    Environment:
      COLOUR:  blue
      SELF:    web (v1:metadata.name)
      KEY:     <set to the key 'k' in secret 'keys'>  Optional: false
    Mounts:
      /etc/web from cfg (ro)
Volumes:
  cfg:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      settings
    Optional:  true
  tmp:
    Type:        EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:      
    SizeLimit:   <unset>
QoS Class:       Burstable
Node-Selectors:  disk=ssd
Tolerations:     slow:NoExecute op=Exists for 30s
Events:
  Type     Reason            Age                From               Message
  ----     ------            ----               ----               -------
  Warning  FailedScheduling  10s (x3 over 60s)  default-scheduler  0/1 nodes are available
`,
  );
});

test("--show-events=false leaves the events out", async () => {
  await using cli = await startTestCli();
  await cli.make(webPod);
  const { output } = await cli.run("describe", "pod", "web", "--show-events=false");
  ok(!output.includes("Events:"));
});

test("a name that nobody has may be how names begin", async () => {
  await using cli = await startTestCli();
  await cli.make(webPod);
  match((await cli.run("describe", "pod", "we")).output, /^Name: +web\n/);
  deepEqual(await cli.run("describe", "pod", "db"), {
    code: 1,
    output: "",
    errors: 'Error from server (NotFound): pods "db" not found\n',
  });
});

test("a deployment's page has its numbers, strategy and template", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "deployment", "web", "--image=nginx", "--replicas=2");
  const { output } = await cli.run("describe", "deploy/web");
  match(output, /^Replicas: +2 desired \| 0 updated \| 0 total \| 0 available \| 0 unavailable$/m);
  match(output, /^RollingUpdateStrategy: +25% max unavailable, 25% max surge$/m);
  match(output, /^Pod Template:\n {2}Labels: {2}app=web\n {2}Containers:\n {3}nginx:\n/m);
});

test("config maps show their data, secrets only how much there is", async () => {
  await using cli = await startTestCli();
  await cli.run("create", "configmap", "settings", "--from-literal=a.conf=one\ntwo");
  await cli.run("create", "secret", "generic", "keys", "--from-literal=k=abc");
  match(
    (await cli.run("describe", "cm", "settings")).output,
    /\nData\n====\na\.conf:\n----\none\ntwo\n\n\nBinaryData\n====\n\nEvents: {2}<none>\n$/,
  );
  match((await cli.run("describe", "secret", "keys")).output, /\nData\n====\nk: {2}3 bytes\n$/);
});

test("rules of a role are taken apart by resource, verbs for the same one together", async () => {
  await using cli = await startTestCli();
  await cli.make(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: default }
rules:
  - { apiGroups: ["", apps], resources: [pods, deployments/scale], verbs: [get] }
  - { apiGroups: [""], resources: [pods], verbs: [watch] }
`);
  const { output } = await cli.run("describe", "role", "reader");
  match(
    output,
    /PolicyRule:\n {2}Resources +Non-Resource URLs +Resource Names +Verbs\n[ -]+\n {2}pods +\[\] +\[\] +\[get watch\]\n/,
  );
  match(output, /\n {2}deployments\.apps\/scale +\[\] +\[\] +\[get\]\n/);
});

test("kinds without a page of their own show every field", async () => {
  await using cli = await startTestCli();
  await cli.make(`
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: leader, namespace: default }
spec: { holderIdentity: me, leaseDurationSeconds: 15 }
`);
  const { output } = await cli.run("describe", "lease", "leader");
  match(output, /^API Version: {2}coordination\.k8s\.io\/v1\nKind: {9}Lease\nMetadata:\n/m);
  match(output, /^Spec:\n {2}Holder Identity: +me\n {2}Lease Duration Seconds: +15\n/m);
});

test("names of fields become words", () => {
  const names = ["apiVersion", "clusterIPs", "uid", "a.b/c", "maxSurge"];
  deepEqual(names.map(labelOf), ["API Version", "Cluster I Ps", "UID", "a.b/c", "Max Surge"]);
});

test("times are those of RFC 1123, and the year 1 when there is none", () => {
  match(formatMoment("2026-11-21T11:06:28Z"), /^\w{3}, 2[012] Nov 2026 \d\d:\d\d:28 [+-]\d{4}$/);
  equal(formatMoment(undefined), "Mon, 01 Jan 0001 00:00:00 +0000");
});

test("every describer of the folder stands in the list", async () => {
  const folder = import.meta.dirname;
  const listed = new Set<AnyDescriber>(describers);
  for (const name of await readdir(folder)) {
    const text = await readFile(`${folder}/${name}`, "utf8");
    for (const [, variable = ""] of text.matchAll(/^export const (\w+) = defineDescriber\(/gm)) {
      const module = (await import(`./${name}`)) as Record<string, AnyDescriber>;
      const describer = module[variable];
      ok(describer && listed.has(describer), `${variable} is missing in describers.ts`);
    }
  }
});
