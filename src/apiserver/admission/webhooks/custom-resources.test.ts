import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { ReviewRequest } from "../matching/review-request.ts";
import { type HookedServer, denying, rule, startHooked } from "./testing.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const shipsOf = (version: string) => `/apis/test.example.com/${version}/namespaces/default/ships`;

const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: {
      data: { type: "object", properties: { sails: { type: "integer" } } },
    },
  },
};

const ships = (stored: "v1" | "v2") => ({
  metadata: { name: "ships.test.example.com" },
  spec: {
    group: "test.example.com",
    scope: "Namespaced",
    names: { plural: "ships", kind: "Ship" },
    versions: ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === stored,
      schema,
    })),
  },
});

/** Defines ships, and waits until they are served. */
async function defineShips({ ask, send }: HookedServer): Promise<void> {
  await ask("POST", crds, { body: ships("v1") });
  for (let turn = 0; turn < 1_000; turn++) {
    if ((await send("GET", shipsOf("v2"))).status === 200) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const shipRule = (change: object = {}) =>
  rule({ apiGroups: ["test.example.com"], resources: ["ships"], ...change });
const ship = (name: string) => ({ body: { metadata: { name }, data: { sails: 1 } } });

test("custom resources are mutated, and pruned of what their schema does not know", async () => {
  const server = await startHooked({
    rig: () => ({
      allowed: true,
      patch: [
        { op: "replace", path: "/data/sails", value: 3 },
        { op: "add", path: "/data/oars", value: 40 },
      ],
    }),
  });
  await defineShips(server);
  await server.configure("mutating", "rig", { rules: [shipRule()] });
  deepEqual((await server.ask("POST", shipsOf("v1"), ship("a"))).data, { sails: 3 });
});

test("custom resources are shown in the version of the rule, whichever is stored", async () => {
  const seen: ReviewRequest[] = [];
  const server = await startHooked({
    look: (request) => {
      seen.push(request);
      return { allowed: true, patch: [{ op: "replace", path: "/data/sails", value: 9 }] };
    },
  });
  const { ask, configure } = server;
  await defineShips(server);
  await configure("mutating", "look", { rules: [shipRule({ operations: ["UPDATE"] })] });
  await ask("POST", shipsOf("v1"), ship("a"));
  const { metadata } = await ask("GET", `${crds}/ships.test.example.com`);
  await ask("PUT", `${crds}/ships.test.example.com`, {
    body: { ...ships("v2"), metadata },
  });
  const patch = {
    headers: { "content-type": "application/merge-patch+json" },
    body: { data: { sails: 2 } },
  };
  const changed = await ask("PATCH", `${shipsOf("v2")}/a`, patch);
  equal(changed.data.sails, 9);
  deepEqual(
    seen.map(({ object, oldObject, requestKind }) => [
      object.apiVersion,
      oldObject.apiVersion,
      object.data.sails,
      requestKind.version,
    ]),
    [["test.example.com/v1", "test.example.com/v1", 2, "v2"]],
  );
});

test("custom resources and their definitions can be refused", async () => {
  const server = await startHooked({ no: denying("no ships"), also: denying("nothing new") });
  const { configure, ask, refused } = server;
  await defineShips(server);
  await ask("POST", shipsOf("v1"), ship("a"));
  await configure("validating", "no", { rules: [shipRule({ operations: ["*"] })] });
  const text = 'admission webhook "no.test.k8ts.io" denied the request: no ships';
  equal((await refused("POST", shipsOf("v1"), ship("b"))).message, text);
  equal((await refused("DELETE", `${shipsOf("v1")}/a`)).message, text);
  const definitions = { apiGroups: ["apiextensions.k8s.io"], resources: ["*"] };
  await configure("validating", "also", { rules: [rule(definitions)] });
  await ask("DELETE", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/no");
  const other = { ...ships("v1"), metadata: { name: "boats.test.example.com" } };
  equal(
    (
      await refused("POST", crds, {
        body: { ...other, spec: { ...other.spec, names: { plural: "boats", kind: "Boat" } } },
      })
    ).message,
    'admission webhook "also.test.k8ts.io" denied the request: nothing new',
  );
});
