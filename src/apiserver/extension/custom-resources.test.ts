import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { describe as show } from "../testing.ts";
import {
  crontab,
  crontabs,
  crontabNames,
  define,
  definition,
  definitions,
  reached,
  startCustomServer,
  version,
} from "./testing.ts";

const spec = {
  type: "object",
  required: ["cron"],
  properties: {
    cron: { type: "string", pattern: "^\\d+$" },
    replicas: { type: "integer", minimum: 1, maximum: 10, default: 3 },
    image: { type: "string" },
  },
};

const conditions = ({ status }: { status: { conditions: { type: string }[] } }): string[] =>
  status.conditions.map((each) => Object.values({ ...each, lastTransitionTime: "" }).join(" "));

test("a definition is granted its names and established", async () => {
  await using server = await startCustomServer();
  const made = await define(server, definition([version(spec)]));
  deepEqual(conditions(made), [
    "NamesAccepted True  NoConflicts no conflicts found",
    "Established True  InitialNamesAccepted the initial names have been accepted",
  ]);
  deepEqual(made.status.acceptedNames, {
    plural: "crontabs",
    singular: "crontab",
    shortNames: ["ct"],
    kind: "CronTab",
    listKind: "CronTabList",
    categories: ["all"],
  });
  equal(made.metadata.generation, 1);
});

test("definitions in groups of Kubernetes say whether they were approved", async () => {
  await using server = await startCustomServer();
  const made = definition([version(spec)], { group: "example.k8s.io" });
  const annotations = { "api-approved.kubernetes.io": "unapproved, a test" };
  made.metadata = { name: "crontabs.example.k8s.io", annotations };
  equal(
    conditions(await define(server, made)).at(1),
    'KubernetesAPIApprovalPolicyConformant False  UnapprovedAnnotation not approved: "unapproved, a test"',
  );
});

test("a definition never takes the place of what the server brings itself", async () => {
  await using server = await startCustomServer();
  const names = { plural: "crews", kind: "Crew" };
  const made = definition([version(spec)], { group: "test.k8ts.io", names });
  made.metadata = { name: "crews.test.k8ts.io" };
  await define(server, made);
  const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";
  const body = { apiVersion: "test.k8ts.io/v1", kind: "Crew", metadata: { name: "a" } };
  deepEqual((await server.ask("POST", crews, { body })).status, {});
  await server.ask("DELETE", `${definitions}/crews.test.k8ts.io`);
  equal(await reached(server, "Never", { name: "crews.test.k8ts.io" }), undefined);
  equal((await server.ask("GET", `${crews}/a`)).metadata.name, "a");
});

test("objects are pruned, defaulted and kept as they were sent", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec)]));
  const body = crontab({ cron: "5", unknown: true, image: "" });
  const made = await server.ask("POST", crontabs, { body });
  deepEqual(made.spec, { cron: "5", image: "", replicas: 3 });
  equal(made.metadata.generation, 1);
  const found = await server.ask("GET", `${crontabs}/mine`);
  deepEqual(found, made);
  const strict = `${crontabs}?fieldValidation=Strict`;
  const { message } = await server.refused("POST", strict, { body });
  match(message ?? "", /strict decoding error: unknown field "spec.unknown"$/);
});

test("objects that do not fit the schema are refused with every cause", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec)]));
  const body = crontab({ replicas: 11, image: 7 });
  const { message, code } = await server.refused("POST", crontabs, { body });
  equal(code, 422);
  equal(
    message,
    'CronTab.stable.example.com "mine" is invalid: [spec.cron: Required value, ' +
      'spec.image: Invalid value: "integer": spec.image in body must be of type string: "integer", ' +
      "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10]",
  );
});

test("discovery shows what is served, and no longer what was deleted", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec, { subresources: { status: {} } })]));
  const { resources } = await server.ask("GET", "/apis/stable.example.com/v1");
  deepEqual(
    resources.map(({ name }: { name: string }) => name),
    ["crontabs", "crontabs/status"],
  );
  deepEqual(resources[0].shortNames, ["ct"]);
  deepEqual(resources[0].categories, ["all"]);
  await server.ask("DELETE", `${definitions}/crontabs.stable.example.com`);
  equal(await reached(server, "Never"), undefined);
  equal((await server.send("GET", "/apis/stable.example.com/v1")).status, 404);
  equal((await server.send("GET", crontabs)).status, 404);
});

test("the names of others in the group are not granted, until they are free", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec)]));
  const names = { ...crontabNames, plural: "others", singular: "other" };
  const other = definition([version(spec)], { names });
  other.metadata = { name: "others.stable.example.com" };
  await server.ask("POST", definitions, { body: other });
  const refused = await reached(server, "NamesAccepted", {
    name: "others.stable.example.com",
    status: "False",
  });
  deepEqual(conditions(refused), [
    'NamesAccepted False  ListKindConflict "CronTabList" is already in use',
    "Established False  NotAccepted not all names are accepted",
  ]);
  await server.ask("DELETE", `${definitions}/crontabs.stable.example.com`);
  const granted = await reached(server, "Established", { name: "others.stable.example.com" });
  deepEqual(granted.status.acceptedNames.shortNames, ["ct"]);
});

test("a deleted definition takes its objects with it, finalizers permitting", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec)]));
  await server.ask("POST", crontabs, { body: crontab({ cron: "1" }) });
  const held = crontab({ cron: "1" }, "held");
  held.metadata.finalizers = ["example.com/wait"];
  await server.ask("POST", crontabs, { body: held });
  const watch = await server.watch(`${crontabs}?watch=true`);
  await watch.take(2);
  const path = `${definitions}/crontabs.stable.example.com`;
  const deleted = await server.ask("DELETE", path);
  deepEqual(deleted.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  const going = await reached(server, "Terminating");
  match(conditions(going).join(), /Terminating True {2}InstanceDeletion/);
  deepEqual([show(await watch.next()), show(await watch.next())].toSorted(), [
    "DELETED mine",
    "MODIFIED held",
  ]);
  const { code } = await server.refused("POST", crontabs, { body: crontab({ cron: "1" }, "new") });
  equal(code, 405);
  await server.ask("PATCH", `${crontabs}/held`, {
    type: "application/merge-patch+json",
    body: { metadata: { finalizers: null } },
  });
  equal(await reached(server, "Never"), undefined);
  equal((await server.refused("GET", path)).code, 404);
});

test("a schema that changes counts for what is stored already", async () => {
  await using server = await startCustomServer();
  await define(server, definition([version(spec)]));
  await server.ask("POST", crontabs, { body: crontab({ cron: "1", image: "a" }) });
  const watch = await server.watch(`${crontabs}?watch=true`);
  await watch.take(1);
  const properties = { cron: { type: "string" }, zone: { type: "string", default: "UTC" } };
  const path = `${definitions}/crontabs.stable.example.com`;
  const change = [
    {
      op: "replace",
      path: "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties",
      value: properties,
    },
  ];
  await server.ask("PATCH", path, { type: "application/json-patch+json", body: change });
  equal(await watch.next(), undefined);
  const found = await server.ask("GET", `${crontabs}/mine`);
  deepEqual(found.spec, { cron: "1", zone: "UTC" });
  deepEqual((await server.ask("GET", crontabs)).items[0].spec, { cron: "1", zone: "UTC" });
});

test("what was defined is served again by the next server on the same store", async () => {
  const first = await startCustomServer();
  await define(first, definition([version(spec)]));
  await first.ask("POST", crontabs, { body: crontab({ cron: "1" }) });
  await first[Symbol.asyncDispose]();
  await using second = await startCustomServer({ store: first.store });
  deepEqual((await second.ask("GET", `${crontabs}/mine`)).spec, { cron: "1", replicas: 3 });
});
