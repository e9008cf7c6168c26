/** Whatever edits a draft on its way (kinds, admission, claims): what is stored is canonical. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Job } from "#api/batch/job.ts";
import { Namespace } from "#api/core/namespace.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { type AnyKind, type ApiObject, defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { decodeJson } from "#schema/json.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { defineAdmission } from "../admission/admission.ts";
import { startSecureServer } from "../subresources/testing.ts";
import { Crew, type Loose, startTestServer } from "../testing.ts";

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const containers = [{ name: "c", image: "i" }];
const examples: readonly (readonly [AnyKind, object])[] = [
  [Pod, { metadata: { name: "p" }, spec: { containers } }],
  [
    Pod,
    { metadata: { generateName: "p-" }, spec: { containers, schedulingGates: [{ name: "g" }] } },
  ],
  [
    Job,
    {
      metadata: { name: "j" },
      spec: { template: { spec: { containers, restartPolicy: "Never" } } },
    },
  ],
  [Service, { metadata: { name: "s" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } }],
  [
    PersistentVolumeClaim,
    {
      metadata: { name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ],
  [Namespace, { metadata: { name: "n" } }],
];

for (const [kind, body] of examples) {
  test(`a ${kind.kind} is stored and returned in canonical form, with all that follows`, async () => {
    const { ask, server } = await startSecureServer();
    const scope = kind.scope === "Cluster" ? "" : "namespaces/default/";
    const root = kind.group === "" ? "/api" : "/apis";
    const path = `${root}/${kind.apiVersion}/${scope}${kind.plural}`;
    const created = await ask("POST", path, { body });
    const again = decodeJson(kind.schema, created, { defaults: true }).value;
    equal(JSON.stringify(created), JSON.stringify(again));
    const { namespace = "", name } = created.metadata;
    const stored = server.registry.reader.get(kind, namespace, name);
    equal(textOf(stored?.json() ?? new Uint8Array()), JSON.stringify(created));
    deepEqual(stored?.object, created);
  });
}

/** Adds what belongs further up, and leaves empty what should not be there. */
const untidy = defineAdmission<Crew>({
  name: "Untidy",
  on: [Crew],
  when: ["CREATE", "UPDATE"],
  mutate(crew) {
    const { leader = "anna", ...spec } = crew.spec;
    crew.spec = { leader, size: 0, ...spec, holds: [] };
    crew.metadata.labels = { b: "2", a: "1", ...crew.metadata.labels };
    crew.metadata.annotations = {};
  },
});

test("admission need not care for the order of fields", async () => {
  await using server = await startTestServer({ admission: [untidy] });
  const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";
  const spec = '"spec":{"size":0,"leader":"anna"}';
  const isTidy = (object: Loose): boolean => {
    const text = JSON.stringify(object);
    const { annotations, labels } = object.metadata;
    return text.includes(spec) && annotations === undefined && Object.keys(labels)[0] === "a";
  };
  const created: ApiObject = await server.ask("POST", crews, { body: { metadata: { name: "x" } } });
  equal(isTidy(created), true, JSON.stringify(created));
  const body = { ...created, metadata: { ...created.metadata, labels: { c: "3" } } };
  const dry = await server.ask("PUT", `${crews}/x?dryRun=All`, { body });
  equal(isTidy(dry), true, JSON.stringify(dry));
  const changed = await server.ask("PUT", `${crews}/x`, { body });
  equal(isTidy(changed), true, JSON.stringify(changed));
});

test("what admission fills in has its old name too, so that the pod can be changed later", async () => {
  const { ask } = await startSecureServer();
  const pods = "/api/v1/namespaces/default/pods";
  const created = await ask("POST", pods, {
    body: { metadata: { name: "p" }, spec: { containers } },
  });
  deepEqual([created.spec.serviceAccountName, created.spec.serviceAccount], ["default", "default"]);
  const owner = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "web",
    uid: "u",
    controller: true,
  };
  const adopted = await ask("PATCH", `${pods}/p`, {
    body: { metadata: { uid: created.metadata.uid, ownerReferences: [owner] } },
    headers: { "content-type": "application/strategic-merge-patch+json" },
  });
  deepEqual(adopted.metadata.ownerReferences, [owner]);
});

const ShipSpec = s.struct(
  "test/v1.ShipSpec",
  { name: s.string(1), oldName: s.string(2) },
  {
    defaults: (spec) => {
      if (spec.name) spec.oldName = spec.name;
    },
  },
);
const ShipStatus = s.struct(
  "test/v1.ShipStatus",
  { port: s.string(1) },
  {
    defaults: (status) => {
      status.port = status.port ?? "none";
    },
  },
);

/** What it says follows from other fields, in its status, too. */
const Ship = defineKind({
  group: "test.k8ts.io",
  version: "v1",
  kind: "Ship",
  plural: "ships",
  scope: "Cluster",
  storage: { prefix: "/registry/test.k8ts.io/ships", hash: "ship" },
  schema: s.struct("test/v1.Ship", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ShipSpec),
    status: s.object(3, ShipStatus),
  }),
  status: {},
});
interface Ship extends ObjectOf<typeof Ship> {}

const renaming = defineAdmission<Ship>({
  name: "Renaming",
  on: [Ship],
  when: ["UPDATE"],
  mutate(ship) {
    ship.spec.name = `${ship.metadata.labels?.["name"]}`;
  },
});

test("a change is completed after admission, without writing to the old object", async () => {
  await using server = await startTestServer({ kinds: [Ship], admission: [renaming] });
  const ships = "/apis/test.k8ts.io/v1/ships";
  await server.ask("POST", ships, { body: { metadata: { name: "x" }, spec: { name: "anna" } } });
  const body = { metadata: { labels: { name: "bert" } } };
  const type = "application/merge-patch+json";
  const { spec, status } = await server.ask("PATCH", `${ships}/x`, { body, type });
  deepEqual([spec, status], [{ name: "bert", oldName: "bert" }, { port: "none" }]);
});
