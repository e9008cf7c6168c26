import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { MutatingAdmissionPolicy } from "#api/admissionregistration/mutatingadmissionpolicy.ts";
import { MutatingAdmissionPolicyBinding } from "#api/admissionregistration/mutatingadmissionpolicybinding.ts";
import { ValidatingAdmissionPolicy } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import { ValidatingAdmissionPolicyBinding } from "#api/admissionregistration/validatingadmissionpolicybinding.ts";
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import { mutatingPolicies } from "../admission/policies/mutating.ts";
import { validatingPolicies } from "../admission/policies/validating.ts";
import { mutatingWebhooks } from "../admission/webhooks/mutating.ts";
import type { WebhookClient } from "../admission/webhooks/client.ts";
import { describe as show, type Loose, testKinds, type TestServer } from "../testing.ts";
import {
  type Answer,
  type Asked,
  converted,
  crontabsV2,
  good,
  inV2,
  startConverting,
  success,
} from "./converting.ts";
import { crontab, crontabs, definitions, reached } from "./testing.ts";

const merge = "application/merge-patch+json";
const path = `${definitions}/crontabs.stable.example.com`;
/** Now v2 is what is stored. */
async function moveStorage(server: TestServer): Promise<Loose> {
  const body = [
    { op: "replace", path: "/spec/versions/0/storage", value: false },
    { op: "replace", path: "/spec/versions/1/storage", value: true },
  ];
  const moved = await server.ask("PATCH", path, { type: "application/json-patch+json", body });
  await new Promise(setImmediate);
  return moved;
}

test("an object is converted when it is read in another version, and back when it is written", async () => {
  const { server, asked } = await startConverting();
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  deepEqual(asked, []);
  const found = await server.ask("GET", `${crontabsV2}/mine`);
  deepEqual(
    [found.apiVersion, found.spec],
    ["stable.example.com/v2", { host: "a", port: "1", replicas: 1 }],
  );
  const body = inV2({ host: "b", port: "2" }, "other");
  const made = await server.ask("POST", crontabsV2, { body });
  deepEqual([made.apiVersion, made.spec], ["stable.example.com/v2", { host: "b", port: "2" }]);
  deepEqual((await server.ask("GET", `${crontabs}/other`)).spec, { hostPort: "b:2" });
  const at = "stable.example.com";
  deepEqual(asked, [`${at}/v1 > ${at}/v2: 1`, `${at}/v2 > ${at}/v1: 1`, `${at}/v1 > ${at}/v2: 1`]);
  await server[Symbol.asyncDispose]();
});

test("one revision is converted once", async () => {
  const { server, asked } = await startConverting();
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  for (let i = 0; i < 3; i++) await server.ask("GET", `${crontabsV2}/mine`);
  await server.ask("GET", crontabsV2);
  equal(asked.length, 1);
  await server[Symbol.asyncDispose]();
});

test("a list of objects that are stored in different versions is converted in one call", async () => {
  const { server, asked } = await startConverting();
  for (const name of ["a", "b"]) {
    await server.ask("POST", crontabs, { body: crontab({ hostPort: "x:1" }, name) });
  }
  const moved = await moveStorage(server);
  deepEqual(moved.status.storedVersions, ["v1", "v2"]);
  await server.ask("POST", crontabsV2, { body: inV2({ host: "x", port: "1", replicas: 1 }, "c") });
  asked.length = 0;
  const { items } = await server.ask("GET", crontabsV2);
  deepEqual(
    items.map((item: Loose) => [item.metadata.name, item.apiVersion, item.spec.host]),
    ["a", "b", "c"].map((name) => [name, "stable.example.com/v2", "x"]),
  );
  deepEqual(asked, ["stable.example.com/v1 > stable.example.com/v2: 2"]);
  asked.length = 0;
  equal((await server.ask("GET", crontabs)).items[2].spec.hostPort, "x:1");
  deepEqual(asked, ["stable.example.com/v2 > stable.example.com/v1: 1"]);
  await server[Symbol.asyncDispose]();
});

test("an object stays in the version in which it was written until it is written again", async () => {
  const { server } = await startConverting();
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  await moveStorage(server);
  const stored = async () => {
    const { entries } = await server.store.range({
      prefix: "/registry/stable.example.com/",
      limit: 9,
    });
    return entries.map(({ value }) => JSON.parse(Buffer.from(value).toString()).apiVersion);
  };
  deepEqual(await stored(), ["stable.example.com/v1"]);
  const body = { spec: { replicas: 4 } };
  const changed = await server.ask("PATCH", `${crontabs}/mine`, { type: merge, body });
  deepEqual(
    [changed.apiVersion, changed.spec],
    ["stable.example.com/v1", { hostPort: "a:1", replicas: 4 }],
  );
  deepEqual(await stored(), ["stable.example.com/v2"]);
  await server[Symbol.asyncDispose]();
});

test("update, patches and apply speak the version of their path", async () => {
  const { server } = await startConverting();
  const made = await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  const { metadata } = made;
  const put = await server.ask("PUT", `${crontabsV2}/mine`, {
    body: { ...inV2({ host: "b", port: "2" }), metadata },
  });
  deepEqual([put.spec, put.metadata.generation], [{ host: "b", port: "2" }, 2]);
  const patch = [{ op: "replace", path: "/spec/port", value: "3" }];
  const patched = await server.ask("PATCH", `${crontabsV2}/mine`, {
    type: "application/json-patch+json",
    body: patch,
  });
  deepEqual(patched.spec, { host: "b", port: "3" });
  const applied = await server.ask("PATCH", `${crontabsV2}/mine?fieldManager=me&force=true`, {
    type: "application/apply-patch+yaml",
    body: inV2({ host: "c" }),
  });
  deepEqual(applied.spec, { host: "c", port: "3" });
  deepEqual((await server.ask("GET", `${crontabs}/mine`)).spec, { hostPort: "c:3" });
  await server[Symbol.asyncDispose]();
});

test("a watch shows every change in its version, in order", async () => {
  const { server, asked } = await startConverting();
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }, "a") });
  const watch = await server.watch(`${crontabsV2}?watch=true`);
  const seen: unknown[] = [];
  const take = async (): Promise<void> => {
    const event = (await watch.next()) as Loose;
    seen.push([show(event), event.sealed.object.spec.host]);
  };
  await take();
  const body = { spec: { hostPort: "b:1" } };
  await server.ask("PATCH", `${crontabs}/a`, { type: merge, body });
  await server.ask("POST", crontabsV2, { body: inV2({ host: "c", port: "1" }, "c") });
  await server.ask("DELETE", `${crontabs}/a`);
  for (let i = 0; i < 3; i++) await take();
  deepEqual(seen, [
    ["ADDED a", "a"],
    ["MODIFIED a", "b"],
    ["ADDED c", "c"],
    ["DELETED a", "b"],
  ]);
  match(asked[0] ?? "", /v1 > stable.example.com\/v2: 1/);
  await watch.end();
  await server[Symbol.asyncDispose]();
});

test("fields are selected as the version has them, in lists and watches", async () => {
  const selectable = { selectableFields: [{ jsonPath: ".spec.host" }] };
  const { server } = await startConverting({}, [{}, selectable]);
  for (const host of ["a", "b"]) {
    await server.ask("POST", crontabs, { body: crontab({ hostPort: `${host}:1` }, host) });
  }
  const selecting = `${crontabsV2}?fieldSelector=spec.host%3Da`;
  const { items } = await server.ask("GET", selecting);
  deepEqual(
    items.map((item: Loose) => item.metadata.name),
    ["a"],
  );
  const watch = await server.watch(`${selecting}&watch=true`);
  deepEqual(await watch.take(1), ["ADDED a"]);
  const change = (name: string, hostPort: string) =>
    server.ask("PATCH", `${crontabs}/${name}`, { type: merge, body: { spec: { hostPort } } });
  await change("b", "a:2");
  await change("b", "a:3");
  await change("a", "z:1");
  await server.ask("DELETE", `${crontabs}/a`);
  await server.ask("DELETE", `${crontabs}/b`);
  deepEqual(await watch.take(4), ["ADDED b", "MODIFIED b", "DELETED a", "DELETED b"]);
  await watch.end();
  await server[Symbol.asyncDispose]();
});

test("status and scale are converted, too", async () => {
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const both = { subresources: { status: {}, scale } };
  const { server } = await startConverting({}, [both, both]);
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  const status = await server.ask("PATCH", `${crontabsV2}/mine/status`, {
    type: merge,
    body: { status: { port: "1" }, spec: { host: "no" } },
  });
  deepEqual([status.spec.host, status.status], ["a", { port: "1" }]);
  const body = { spec: { replicas: 5 } };
  const scaled = await server.ask("PATCH", `${crontabsV2}/mine/scale`, { type: merge, body });
  equal(scaled.spec.replicas, 5);
  const found = await server.ask("GET", `${crontabs}/mine`);
  deepEqual(found.spec, { hostPort: "a:1", replicas: 5 });
  await server[Symbol.asyncDispose]();
});

test("deleting works in every version, and so do finalizers", async () => {
  const { server } = await startConverting();
  await moveStorage(server);
  const held = crontab({ hostPort: "a:1" }, "held");
  held.metadata.finalizers = ["example.com/wait"];
  await server.ask("POST", crontabs, { body: held });
  const marked = await server.ask("DELETE", `${crontabs}/held`);
  deepEqual([marked.apiVersion, marked.spec.hostPort], ["stable.example.com/v1", "a:1"]);
  equal((await server.ask("GET", `${crontabsV2}/held`)).spec.host, "a");
  const gone = await server.ask("PATCH", `${crontabs}/held`, {
    type: merge,
    body: { metadata: { finalizers: null } },
  });
  deepEqual([gone.apiVersion, gone.spec.hostPort], ["stable.example.com/v1", "a:1"]);
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  const { items } = await server.ask("DELETE", crontabs);
  equal(items[0].apiVersion, "stable.example.com/v1");
  equal((await server.ask("GET", crontabsV2)).items.length, 0);
  await server.ask("DELETE", path);
  equal(await reached(server, "Never"), undefined);
  await server[Symbol.asyncDispose]();
});

const problem = "conversion webhook for stable.example.com/v1, Kind=CronTab";

test("a webhook that fails, or cannot be believed, is told in upstream's words", async () => {
  const state = await startConverting();
  const { server } = state;
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  const answer =
    (edit: (review: Loose, asked: Asked) => unknown): Answer =>
    (asked) => {
      const review = good(asked) as Loose;
      return edit(review, asked) ?? review;
    };
  const edited = (edit: (object: Loose) => void) =>
    answer(({ response }) => edit(response.convertedObjects[0]));
  const invalid = "returned invalid converted object at index 0:";
  const cases: readonly [Answer, string | RegExp][] = [
    [
      () => {
        throw new Error("dial tcp: no route");
      },
      `${problem} failed: dial tcp: no route`,
    ],
    [
      answer(({ response }) => {
        response.uid = "x";
      }),
      /failed: expected response.uid="[\w-]+", got "x"$/,
    ],
    [
      answer(() => ({ kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1" })),
      `${problem} failed: no response provided`,
    ],
    [
      answer((review) => ({ ...review, kind: "Other" })),
      `${problem} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got apiextensions.k8s.io/v1, Kind=Other`,
    ],
    [
      answer(({ response }) => {
        response.result = { status: "Failure", message: "cannot" };
      }),
      `${problem} failed: cannot`,
    ],
    [
      answer(({ response }) => {
        response.result = { status: "Odd" };
      }),
      `${problem} failed: response.result.status was 'Odd', not 'Success'`,
    ],
    [
      answer(({ response }) => {
        response.convertedObjects = [];
      }),
      `${problem} returned 0 objects, expected 1`,
    ],
    [
      edited((object) => {
        object.apiVersion = "a/v3";
      }),
      `${problem} ${invalid} invalid groupVersion (expected stable.example.com/v2, received a/v3)`,
    ],
    [
      edited((object) => {
        object.kind = "Pod";
      }),
      `${problem} ${invalid} invalid kind (expected CronTab, received Pod)`,
    ],
    [
      edited((object) => {
        object.metadata.name = "b";
      }),
      `${problem} ${invalid} must have the same name: mine != b`,
    ],
    [
      edited((object) => {
        object.metadata.labels = { "a b": "c" };
      }),
      /returned invalid metadata in object at index 0: metadata.labels: Invalid value: "a b":/,
    ],
  ];
  for (const [failing, message] of cases) {
    state.answer = failing;
    const refused = await server.refused("GET", `${crontabsV2}/mine`);
    equal(refused.code, 500);
    if (typeof message === "string") equal(refused.message, message);
    else match(refused.message ?? "", message);
  }
  equal((await server.refused("GET", crontabsV2)).code, 500);
  const body = inV2({ host: "a", port: "1" }, "new");
  state.answer = answer(({ response }) => {
    response.result = { status: "Failure", message: "no" };
  });
  equal(
    (await server.refused("POST", crontabsV2, { body })).message,
    "conversion webhook for stable.example.com/v2, Kind=CronTab failed: no",
  );
  state.answer = good;
  equal((await server.ask("GET", `${crontabsV2}/mine`)).spec.host, "a");
  await server[Symbol.asyncDispose]();
});

test("of the metadata, only labels and annotations are the webhook's to change", async () => {
  const state = await startConverting();
  const { server } = state;
  const made = await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  state.answer = (asked) =>
    success(
      asked,
      asked.request.objects.map((object) => ({
        ...converted(object, asked.request.desiredAPIVersion),
        metadata: {
          name: "mine",
          namespace: "default",
          uid: object.metadata.uid,
          labels: { a: "b" },
          generation: 9,
        },
      })),
    );
  const { metadata } = await server.ask("GET", `${crontabsV2}/mine`);
  deepEqual(metadata, { ...metadata, ...made.metadata, labels: { a: "b" } });
  await server[Symbol.asyncDispose]();
});

test("a watch whose conversion fails ends with the error", async () => {
  const state = await startConverting();
  const { server } = state;
  const watch = await server.watch(`${crontabsV2}?watch=true`);
  state.answer = () => {
    throw new Error("gone");
  };
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  const event = (await watch.next()) as Loose;
  deepEqual([event.type, event.error.message], ["ERROR", `${problem} failed: gone`]);
  equal(await watch.next(), undefined);
  await server[Symbol.asyncDispose]();
});

test("webhooks that know only v1beta1 are asked in it, and need not repeat the uid", async () => {
  const webhook = {
    conversionReviewVersions: ["v0", "v1beta1", "v1"],
    clientConfig: { url: "https://convert.test/" },
  };
  const state = await startConverting({ conversion: { strategy: "Webhook", webhook } });
  const { server } = state;
  let spoken = "";
  state.answer = (asked) => {
    spoken = asked.apiVersion;
    const review = good(asked) as Loose;
    delete review.response.uid;
    return review;
  };
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  equal((await server.ask("GET", `${crontabsV2}/mine`)).spec.host, "a");
  equal(spoken, "apiextensions.k8s.io/v1beta1");
  await server[Symbol.asyncDispose]();
});

test("a webhook that takes too long is given up", async () => {
  const state = await startConverting();
  const { server } = state;
  await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  state.answer = () => new Promise(() => {});
  const reading = server.refused("GET", `${crontabsV2}/mine`);
  await new Promise(setImmediate);
  server.clock.advance(30_000);
  equal(
    (await reading).message,
    `${problem} failed: Post "https://convert.test/?timeout=30s": context deadline exceeded`,
  );
  await server[Symbol.asyncDispose]();
});

test("admission webhooks are shown the version that their rules name", async () => {
  const seen: Loose[] = [];
  const webhooks: WebhookClient = {
    call: async (_, posted) => {
      const review = structuredClone(posted) as Loose;
      if (review.request.objects) return good(review);
      const { uid, object, oldObject, kind } = review.request;
      seen.push([kind.version, object.spec.host, oldObject?.spec.host ?? ""]);
      const patch = Buffer.from('[{"op":"replace","path":"/spec/port","value":"9"}]');
      const response = {
        uid,
        allowed: true,
        patchType: "JSONPatch",
        patch: patch.toString("base64"),
      };
      return { ...review, request: undefined, response };
    },
  };
  const kinds = [...testKinds, CustomResourceDefinition, MutatingWebhookConfiguration];
  const options = { webhooks, kinds, admission: [mutatingWebhooks()] };
  const { server } = await startConverting({}, [{}, {}], options);
  const rule = {
    operations: ["*"],
    apiGroups: ["stable.example.com"],
    apiVersions: ["v2"],
    resources: ["crontabs"],
  };
  await server.ask("POST", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {
    body: {
      metadata: { name: "look" },
      webhooks: [
        {
          name: "look.test.k8ts.io",
          clientConfig: { url: "https://look.test/" },
          rules: [rule],
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    },
  });
  const made = await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  equal(made.spec.hostPort, "a:9");
  const body = { spec: { hostPort: "b:1" } };
  const changed = await server.ask("PATCH", `${crontabs}/mine`, { type: merge, body });
  equal(changed.spec.hostPort, "b:9");
  deepEqual(seen, [
    ["v2", "a", ""],
    ["v2", "b", "a"],
  ]);
  await server[Symbol.asyncDispose]();
});

test("policies change and judge an object in the version that their rules name", async () => {
  const kinds = [
    ...testKinds,
    CustomResourceDefinition,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
  ];
  const options = { kinds, admission: [mutatingPolicies(), validatingPolicies()] };
  const { server } = await startConverting({}, [{}, {}], options);
  const registration = "/apis/admissionregistration.k8s.io/v1";
  const metadata = { name: "p" };
  const rule = {
    operations: ["CREATE", "UPDATE"],
    apiGroups: ["stable.example.com"],
    apiVersions: ["v2"],
    resources: ["crontabs"],
  };
  const matchConstraints = { resourceRules: [rule] };
  const expression =
    '[JSONPatch{op: "replace", path: "/spec/port", value: object.spec.port + "0"}]';
  const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression } }];
  const validations = [
    { expression: "object.spec.host != 'bad' && object.spec.port.endsWith('0')" },
  ];
  const policies: readonly [string, object][] = [
    ["mutating", { matchConstraints, mutations, reinvocationPolicy: "Never" }],
    ["validating", { matchConstraints, validations }],
  ];
  for (const [type, spec] of policies) {
    await server.ask("POST", `${registration}/${type}admissionpolicies`, {
      body: { metadata, spec },
    });
    const bound = {
      policyName: "p",
      ...(type === "validating" ? { validationActions: ["Deny"] } : {}),
    };
    await server.ask("POST", `${registration}/${type}admissionpolicybindings`, {
      body: { metadata, spec: bound },
    });
  }
  const made = await server.ask("POST", crontabs, { body: crontab({ hostPort: "a:1" }) });
  equal(made.spec.hostPort, "a:10");
  const body = crontab({ hostPort: "bad:1" }, "other");
  const { message } = await server.refused("POST", crontabs, { body });
  match(message ?? "", /ValidatingAdmissionPolicy 'p' with binding 'p' denied request/);
});
