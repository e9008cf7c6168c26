import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { seededRandom } from "#base/random.ts";
import { TestClock } from "#apiserver/testing.ts";
import { type Attempt, objectOf, requestOf } from "../testing.ts";
import type { ImagePolicy } from "./configuration.ts";
import { imagePolicyWebhook, type ReviewImages } from "./image-policy-webhook.ts";

const web = {
  metadata: {
    name: "web",
    namespace: "team",
    annotations: { "ticket.image-policy.k8s.io/break-glass": "42", "example.org/other": "x" },
  },
  spec: {
    containers: [{ name: "app", image: "app:1" }],
    initContainers: [{ name: "init", image: "init:1" }],
    ephemeralContainers: [{ name: "shell", image: "shell:1" }],
  },
};

const usual: ImagePolicy = {
  kubeConfigFile: "",
  allowMs: 300_000,
  denyMs: 30_000,
  backoffMs: 0,
  defaultAllow: false,
};

interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: object;
}

/** A reviewer that answers what it is told to. */
function setUp(answer: () => unknown, policy: Partial<ImagePolicy> = {}) {
  const clock = new TestClock();
  const asked: Review[] = [];
  const notes: Record<string, string> = {};
  const review: ReviewImages = async (body) => {
    asked.push(body as Review);
    return answer();
  };
  const options = { clock, random: seededRandom(1), policy: { ...usual, ...policy }, review };
  const plugin = imagePolicyWebhook(options);
  const admit = async (attempt: Attempt = {}, manifest: object = web): Promise<void> => {
    const pod = objectOf(Pod, manifest) as Pod;
    const request = requestOf(Pod, pod, { warnings: [], ...attempt });
    const annotate = (key: string, value: string): void => void (notes[key] = value);
    await plugin.validate?.(pod, { ...request, annotate } as never);
  };
  return { clock, asked, notes, admit };
}

const status = (more: object) => () => ({ kind: "ImageReview", status: more });
const failing = (more: object) => () => {
  throw Object.assign(new Error("the webhook answered"), more);
};

test("the reviewer is told of images, of the annotations that are meant for it, and of the namespace", async () => {
  const { asked, admit } = setUp(status({ allowed: true }));
  await admit();
  const spec = {
    containers: [{ image: "app:1" }, { image: "init:1" }],
    annotations: { "ticket.image-policy.k8s.io/break-glass": "42" },
    namespace: "team",
  };
  deepEqual(asked, [
    {
      kind: "ImageReview",
      apiVersion: "imagepolicy.k8s.io/v1alpha1",
      metadata: {},
      spec,
      status: { allowed: false },
    },
  ]);
  await admit({ subresource: "ephemeralcontainers", old: web });
  deepEqual(asked[1]?.spec, { ...spec, containers: [{ image: "shell:1" }] });
});

test("what the reviewer denies is refused, with its reason if it gave one", async () => {
  const denied = setUp(status({ allowed: false, reason: "app:1 has holes" }));
  await rejects(denied.admit(), {
    reason: "Forbidden",
    message:
      'pods "web" is forbidden: image policy webhook backend denied one or more images: app:1 has holes',
  });
  const curt = setUp(status({}));
  await rejects(curt.admit(), {
    message: 'pods "web" is forbidden: one or more images rejected by webhook backend',
  });
});

test("answers count for a while, each sort for its own", async () => {
  let allowed = true;
  const { clock, asked, admit } = setUp(() => status({ allowed })());
  await admit();
  clock.advance(299_999);
  await admit();
  equal(asked.length, 1);
  allowed = false;
  clock.advance(1);
  await rejects(admit());
  clock.advance(29_999);
  await rejects(admit());
  equal(asked.length, 2);
  clock.advance(1);
  await rejects(admit());
  equal(asked.length, 3);
  const forgetful = setUp(status({ allowed: true }), { allowMs: 0 });
  await forgetful.admit();
  await forgetful.admit();
  equal(forgetful.asked.length, 2);
});

test("what the reviewer wants to have noted stands in the audit log", async () => {
  const { admit, notes } = setUp(status({ allowed: true, auditAnnotations: { by: "scanner" } }));
  await admit();
  deepEqual(notes, { "imagepolicywebhook.image-policy.k8s.io/by": "scanner" });
});

test("without an answer nobody is let in, or everybody, as it is said", async () => {
  const strict = setUp(failing({ status: 503 }));
  await rejects(strict.admit(), { message: 'pods "web" is forbidden: the webhook answered' });
  equal(strict.asked.length, 1);
  const open = setUp(failing({ status: 503 }), { defaultAllow: true });
  await open.admit();
  deepEqual(open.notes, { "imagepolicywebhook.image-policy.k8s.io/failed-open": "true" });
  await open.admit();
  equal(open.asked.length, 2, "not remembered");
});

test("what may pass is asked again, five times in all", async () => {
  for (const more of [{ status: 429 }, { status: 500 }, { status: 504 }, { code: "ECONNRESET" }]) {
    const { asked, admit } = setUp(failing(more));
    await rejects(admit());
    equal(asked.length, 5);
  }
  let count = 0;
  const late = setUp(() =>
    ++count < 3 ? failing({ status: 500 })() : status({ allowed: true })(),
  );
  await late.admit();
  equal(late.asked.length, 3);
});

test("a reviewer that says nothing is waited for no longer than half a minute", async () => {
  const { clock, admit } = setUp(() => new Promise(() => {}));
  const refusal = rejects(admit(), {
    message: 'pods "web" is forbidden: context deadline exceeded',
  });
  clock.advance(30_000);
  await refusal;
});
