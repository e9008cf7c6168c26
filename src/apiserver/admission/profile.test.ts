import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "#api/kind.ts";
import { seededRandom } from "#base/random.ts";
import { createAuthorizer } from "../authz/union.ts";
import { startSecureServer } from "../subresources/testing.ts";
import { type AdmissionOptions, defaultAdmission } from "./profile.ts";
import { readerOf, stoppedClock } from "./testing.ts";

const options: AdmissionOptions = {
  clock: stoppedClock(0),
  random: seededRandom(1),
  authorizer: createAuthorizer({ reader: () => readerOf(), nodeRules: [] }),
};
const names = (more: Partial<AdmissionOptions> = {}): readonly string[] => [
  ...new Set(defaultAdmission({ ...options, ...more }).map(({ name }) => name)),
];

test("namespaces are looked at first, quotas last, and what is off by default is off", () => {
  const on = names();
  equal(on[0], "NamespaceLifecycle");
  equal(on.at(-1), "ResourceQuota");
  deepEqual(
    on.filter((name) => ["AlwaysPullImages", "ExtendedResourceToleration"].includes(name)),
    [],
  );
});

test("a claim that is deleted stays until protection is taken off it", async () => {
  const { ask } = await startSecureServer();
  const claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  await ask("POST", claims, { body: { metadata: { name: "c" }, spec } });
  await ask("DELETE", `${claims}/c`);
  const { metadata } = await ask<ApiObject>("GET", `${claims}/c`);
  deepEqual(metadata.finalizers, ["kubernetes.io/pvc-protection"]);
  await ask("PUT", `${claims}/c`, { body: { metadata: { name: "c" }, spec } });
  await rejects(ask("GET", `${claims}/c`), { reason: "NotFound" });
});

test("plugins are switched on and off by name, and no other names are known", () => {
  const changed = names({ choice: { enable: ["AlwaysPullImages"], disable: ["PodSecurity"] } });
  deepEqual([changed.includes("AlwaysPullImages"), changed.includes("PodSecurity")], [true, false]);
  throws(() => names({ choice: { disable: ["Typo"] } }), /admission plugin "Typo" is unknown/);
  const both = { enable: ["PodSecurity"], disable: ["PodSecurity"] };
  throws(() => names({ choice: both }), /\[PodSecurity\] in enable-admission-plugins and disable/);
  throws(() => names({ choice: { enable: ["EventRateLimit"] } }), /needs its configuration/);
});
