import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { seededRandom } from "#base/random.ts";
import { serviceAccount } from "./service-account.ts";
import { admit, readerOf, stoppedClock } from "./testing.ts";

const clock = stoppedClock(0);
const plugin = serviceAccount({ clock, random: seededRandom(3) });
const account = (name: string, more: object = {}) =>
  [ServiceAccount, { metadata: { name, namespace: "blue" }, ...more }] as const;
const pod = (spec: object = {}, annotations: object = {}) =>
  [
    Pod,
    {
      metadata: { name: "p", namespace: "blue", annotations },
      spec: { containers: [{ name: "c", image: "i" }], ...spec },
    },
  ] as const;
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

test("a pod runs as the default account, with token, CA and namespace mounted", async () => {
  const reader = readerOf(account("default"));
  const initContainers = [{ name: "i", image: "i" }];
  const { object } = await admit(plugin, pod({ initContainers }), { reader });
  const [volume] = object.spec.volumes ?? [];
  equal(object.spec.serviceAccountName, "default");
  deepEqual(/^kube-api-access-[a-z0-9]{5}$/.test(volume?.name ?? ""), true);
  deepEqual(volume?.projected, {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [
            { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
          ],
        },
      },
    ],
    defaultMode: 420,
  });
  const mounts = [...object.spec.containers, ...(object.spec.initContainers ?? [])].map(
    ({ volumeMounts }) => volumeMounts,
  );
  const mount = { name: volume?.name, readOnly: true, mountPath };
  deepEqual(mounts, [[mount], [mount]]);
});

test("a container that mounts something there itself is left alone", async () => {
  const own = [{ name: "mine", mountPath }];
  const containers = [{ name: "c", image: "i", volumeMounts: own }];
  const { object } = await admit(plugin, pod({ containers }), {
    reader: readerOf(account("default")),
  });
  deepEqual([object.spec.containers[0]?.volumeMounts, object.spec.volumes], [own, undefined]);
});

const wishes = [
  [{}, { automountServiceAccountToken: false }, false],
  [{ automountServiceAccountToken: true }, { automountServiceAccountToken: false }, true],
  [{ automountServiceAccountToken: false }, {}, false],
] as const;
for (const [spec, own, isMounted] of wishes) {
  test(`pod ${JSON.stringify(spec)}, account ${JSON.stringify(own)}: ${isMounted ? "a" : "no"} token`, async () => {
    const { object } = await admit(plugin, pod(spec), {
      reader: readerOf(account("default", own)),
    });
    equal((object.spec.volumes?.length ?? 0) > 0, isMounted);
  });
}

test("the account's image pull secrets are used by pods that name none", async () => {
  const reader = readerOf(account("default", { imagePullSecrets: [{ name: "s" }] }));
  const secretsOf = async (spec: object) =>
    (await admit(plugin, pod(spec), { reader })).object.spec.imagePullSecrets;
  deepEqual(await secretsOf({}), [{ name: "s" }]);
  deepEqual(await secretsOf({ imagePullSecrets: [{ name: "own" }] }), [{ name: "own" }]);
});

test("an account that is named must be there", () =>
  rejects(admit(plugin, pod({ serviceAccountName: "bot" }), { reader: readerOf() }), {
    code: 403,
    message:
      'pods "p" is forbidden: error looking up service account blue/bot: serviceaccount "bot" not found',
  }));

test("the default account of a new namespace is waited for, not for ever", async () => {
  const reader = readerOf();
  const admitted = admit(plugin, pod(), { reader });
  reader.put(...account("default"));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  clock.advance(150);
  equal((await admitted).object.spec.serviceAccountName, "default");

  const refused = rejects(admit(plugin, pod(), { reader: readerOf() }), /"default" not found/);
  for (let attempt = 0; attempt < 10; attempt++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(150);
  }
  await refused;
});

const mirror = { "kubernetes.io/config.mirror": "x" };
test("nothing is added to a mirror pod, and it may not name accounts or secrets", async () => {
  const { object } = await admit(plugin, pod({}, mirror));
  deepEqual([object.spec.serviceAccountName, object.spec.volumes], [undefined, undefined]);
  await rejects(
    admit(plugin, pod({ serviceAccountName: "x" }, mirror)),
    /may not reference service accounts/,
  );
  await rejects(
    admit(plugin, pod({ imagePullSecrets: [{ name: "s" }] }, mirror)),
    /may not reference secrets/,
  );
  const volumes = [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }];
  await rejects(
    admit(plugin, pod({ volumes }, mirror)),
    /may not use ServiceAccountToken volume projections/,
  );
});
