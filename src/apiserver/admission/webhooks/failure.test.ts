import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import { startSecureServer } from "#apiserver/subresources/testing.ts";
import type { Draft } from "#schema/struct.ts";
import type { Admission, AdmissionRequest } from "../admission.ts";
import { admit, objectOf, readerOf, stoppedClock } from "../testing.ts";
import { webhookFunctions } from "./functions.ts";
import { mutatingWebhooks } from "./mutating.ts";
import {
  configMap,
  configMaps,
  configurations,
  hook,
  startHooked,
  urlOf,
  waysOf,
} from "./testing.ts";

const failing = 'failed calling webhook "bad.test.k8ts.io": ';
const timeout = (seconds: number) =>
  `${failing}failed to call webhook: Post "https://bad.test.k8ts.io/decide?timeout=${seconds}s": context deadline exceeded`;

test("a webhook that fails refuses the write, or lets it pass, as its failure policy says", async () => {
  const { configure, refused, ask, server } = await startHooked({
    bad: () => {
      throw new Error("out of order");
    },
  });
  await configure("validating", "bad");
  await configure("mutating", "bad", { failurePolicy: "Ignore" });
  const text = `${failing}failed to call webhook: out of order`;
  const { code, reason, message, details } = await refused("POST", configMaps, configMap("a"));
  deepEqual([code, reason, message], [500, "InternalError", `Internal error occurred: ${text}`]);
  deepEqual(details, { causes: [{ message: text }] });
  await ask("DELETE", `${configurations("validating")}/bad`);
  await ask("POST", configMaps, configMap("a"));
  const prefix = "apiserver_admission_webhook_";
  const counted = (await server.metrics.text())
    .split("\n")
    .filter((line) => line.startsWith(prefix) && /_(count|total)\{/.test(line))
    .map((line) => line.slice(prefix.length));
  const labels = 'name="bad.test.k8ts.io",operation="CREATE"';
  deepEqual(counted.toSorted(), [
    `admission_duration_seconds_count{${labels},rejected="false",type="admit"} 2`,
    `admission_duration_seconds_count{${labels},rejected="true",type="validating"} 1`,
    'fail_open_count{name="bad.test.k8ts.io",type="admit"} 2',
    `rejection_count{error_type="calling_webhook_error",${labels},rejection_code="503",type="validating"} 1`,
    `request_total{code="503",${labels},rejected="false",type="admit"} 2`,
    `request_total{code="503",${labels},rejected="true",type="validating"} 1`,
  ]);
});

test("nobody waits longer for a webhook than its timeout", async () => {
  const never = () => new Promise<never>(() => {});
  const { configure, clock, refused, ask } = await startHooked({ bad: never });
  await configure("validating", "bad", { timeoutSeconds: 1 });
  const strict = refused("POST", configMaps, configMap("a"));
  await settled();
  clock.advance(1_000);
  equal((await strict).message, `Internal error occurred: ${timeout(1)}`);
  equal((await refused("GET", `${configMaps}/a`)).code, 404);
  await ask("DELETE", `${configurations("validating")}/bad`);
  await configure("mutating", "bad", { failurePolicy: "Ignore", timeoutSeconds: 2 });
  const lenient = ask("POST", configMaps, configMap("a"));
  await settled();
  clock.advance(2_000);
  equal((await lenient).metadata.name, "a");
});

/** Everything that only waits for other promises is over. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("when the caller no longer waits, nobody does", async () => {
  const { configure, server } = await startHooked({ bad: () => new Promise<never>(() => {}) });
  const create = (waiting: Pick<AbortController, "signal">) => {
    const how = { user: { name: "me", groups: [] }, fieldManager: "me", dryRun: false, waiting };
    const object = objectOf(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    return server.registry.create(ConfigMap, object, { ...how, warnings: [] });
  };
  const leave = async () => {
    const caller = new AbortController();
    const created = create(caller);
    await settled();
    caller.abort();
    return created;
  };
  await configure("mutating", "bad", { failurePolicy: "Ignore" });
  await rejects(leave(), {
    reason: "Timeout",
    message: "Timeout: request did not complete within requested timeout",
  });
  await rejects(create({ signal: AbortSignal.abort() }), { reason: "Timeout" });
  await configure("mutating", "a-bad", { clientConfig: { url: urlOf("bad") } });
  await rejects(leave(), {
    message:
      'Internal error occurred: failed calling webhook "a-bad.test.k8ts.io": failed to call webhook: context canceled',
  });
});

test("a webhook that takes its time, but not too long, is heard", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { configure, clock, ask } = await startHooked({
    slow: async () => {
      await promise;
      return { allowed: true, patch: [{ op: "add", path: "/data", value: { slow: "yes" } }] };
    },
  });
  await configure("mutating", "slow");
  const created = ask("POST", configMaps, configMap("a"));
  await settled();
  clock.advance(9_000);
  resolve();
  deepEqual((await created).data, { slow: "yes" });
});

test("an answer that cannot be believed is a failure", async () => {
  const good = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
  const cases: readonly [answer: (uid: string) => unknown, problem: string][] = [
    [() => good, "webhook response was absent"],
    [
      () => ({ ...good, response: { uid: "other", allowed: true } }),
      'expected response.uid="UID", got "other"',
    ],
    [
      (uid) => ({ apiVersion: "v1", kind: "Pod", response: { uid, allowed: true } }),
      "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /v1, Kind=Pod",
    ],
    [
      (uid) => ({ ...good, response: { uid, allowed: true, patch: "W10=" } }),
      "webhook returned response.patch but not response.patchType",
    ],
    [
      (uid) => ({ ...good, response: { uid, allowed: true, patchType: "JSONPatch" } }),
      "webhook returned response.patchType but not response.patch",
    ],
    [
      (uid) => ({ ...good, response: { uid, allowed: "yes" } }),
      "json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool",
    ],
  ];
  for (const [answer, problem] of cases) {
    let asked = "";
    const server = await startSecureServer({
      webhooks: {
        call: async (_, { request }) => {
          asked = request.uid;
          return answer(request.uid);
        },
      },
    });
    const { configure, refused } = waysOf(server);
    await configure("mutating", "bad");
    const { message } = await refused("POST", configMaps, configMap("a"));
    const text = problem.replace("UID", asked);
    equal(message, `Internal error occurred: ${failing}received invalid webhook response: ${text}`);
  }
});

test("a patch of another type is a failure, and who validates may not patch", async () => {
  const server = await startSecureServer({
    webhooks: {
      call: async (_, { request: { uid } }) => ({
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid, allowed: true, patch: "W3t9XQ==", patchType: "MergePatch" },
      }),
    },
  });
  const { configure, refused, ask } = { ...server, ...waysOf(server) };
  await configure("mutating", "bad");
  const { message } = await refused("POST", configMaps, configMap("a"));
  equal(message, `Internal error occurred: ${failing}unsupported patch type "MergePatch"`);
  await ask("DELETE", `${configurations("mutating")}/bad`);
  await configure("validating", "bad");
  match(
    (await refused("POST", configMaps, configMap("a"))).message,
    /received invalid webhook response: validating webhook may not return response\.patch$/,
  );
});

test("match conditions that cannot be evaluated fail closed or open, as the policy says", async () => {
  const matchConditions = [{ name: "later", expression: "object.data.nothing == 'x'" }];
  const { configure, refused, ask } = await startHooked({ c: () => ({ allowed: false }) });
  await configure("validating", "c", { matchConditions, failurePolicy: "Ignore" });
  await ask("POST", configMaps, configMap("a"));
  await configure("mutating", "c", { matchConditions });
  const { code, message } = await refused("POST", configMaps, configMap("b"));
  equal(code, 403);
  equal(
    message,
    `configmaps "b" is forbidden: expression 'object.data.nothing == 'x'' resulted in error: no such key: data`,
  );
});

test("a webhook sees only what meets all of its conditions", async () => {
  const matchConditions = [
    { name: "made", expression: "request.operation == 'CREATE' && oldObject == null" },
    { name: "bad", expression: "object.metadata.name.startsWith('bad-')" },
  ];
  const { configure, refused, ask } = await startHooked({ c: () => ({ allowed: false }) });
  await configure("validating", "c", { matchConditions });
  await ask("POST", configMaps, configMap("good"));
  match((await refused("POST", configMaps, configMap("bad-one"))).message, /denied the request/);
});

for (const type of ["mutating", "validating"] as const) {
  test(`match conditions of ${type} webhooks are stored, replaced, and count as they stand`, async () => {
    const { configure, refused, ask } = await startHooked({ c: () => ({ allowed: false }) });
    const only = (name: string) => [{ name: "c", expression: `object.metadata.name == '${name}'` }];
    const made = await configure(type, "c", { matchConditions: only("a") });
    deepEqual(made.webhooks[0].matchConditions, only("a"));
    made.webhooks[0].matchConditions = only("b");
    const replaced = await ask("PUT", `${configurations(type)}/c`, { body: made });
    deepEqual(replaced.webhooks[0].matchConditions, only("b"));
    await ask("POST", configMaps, configMap("a"));
    match((await refused("POST", configMaps, configMap("b"))).message, /denied the request/);
  });
}

test("a condition that is false settles it, whatever becomes of the others", async () => {
  const matchConditions = [
    { name: "broken", expression: "object.data.nothing == 'x'" },
    { name: "no", expression: "false" },
  ];
  const { configure, ask } = await startHooked({ c: () => ({ allowed: false }) });
  await configure("validating", "c", { matchConditions });
  await ask("POST", configMaps, configMap("a"));
});

/** The plugin by itself, with a configuration that the API would not take. */
async function admitted(change: object, request: object = {}): Promise<unknown> {
  const seen: unknown[] = [];
  const webhooks = [{ ...hook("old"), ...change }];
  const reader = readerOf([MutatingWebhookConfiguration, { metadata: { name: "old" }, webhooks }]);
  const plugin = mutatingWebhooks();
  const ports = {
    clock: stoppedClock(0),
    random: seededRandom(1),
    log: silent,
    webhooks: webhookFunctions({
      "https://old.test.k8ts.io/decide": ({ dryRun }) => (seen.push(dryRun), { allowed: true }),
    }),
  };
  const kinds = { find: () => ({}), all: () => [] };
  plugin.attach?.({ kinds, ports, reader, metrics: new Metrics() } as never);
  const asking = {
    ...plugin,
    mutate: (draft: Draft<ConfigMap>, asked: AdmissionRequest) =>
      plugin.mutate?.(draft, { ...asked, ...request }),
  };
  await admit(asking as Admission, [ConfigMap, { metadata: { name: "a" } }], { reader });
  return seen;
}

test("on a dry run, a webhook that may have side effects is a reason to refuse", async () => {
  const dryRun = { dryRun: true };
  await rejects(admitted({ sideEffects: "Some", failurePolicy: "Ignore" }, dryRun), {
    code: 400,
    message: 'admission webhook "old.test.k8ts.io" does not support dry run',
  });
  deepEqual(await admitted({ sideEffects: "NoneOnDryRun" }, dryRun), [true]);
  deepEqual(await admitted({ sideEffects: "Some" }), [false]);
});

test("conditions that are not met leave the request alone", async () => {
  const when = (expression: string) => ({ matchConditions: [{ name: "c", expression }] });
  deepEqual(await admitted(when("true")), [false]);
  deepEqual(await admitted(when("false")), []);
});
