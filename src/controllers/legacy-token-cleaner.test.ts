import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { ApiObject } from "#api/kind.ts";
import { legacyTokenCleanerController } from "./legacy-token-cleaner.ts";
import { type Answer, made, told, viewOf } from "./runtime/testing.ts";

// It is 2030-01-01 in these tests.
const lastUsed = "kubernetes.io/legacy-token-last-used";
const invalidSince = "kubernetes.io/legacy-token-invalid-since";

const token = (labels: object = {}, creationTimestamp = "2024-05-01T00:00:00Z"): Secret =>
  made(Secret, {
    type: "kubernetes.io/service-account-token",
    metadata: {
      name: "robot-token",
      labels,
      creationTimestamp,
      annotations: { "kubernetes.io/service-account.name": "robot" },
    },
  });

const account = made(ServiceAccount, {
  metadata: { name: "robot" },
  secrets: [{ name: "robot-token" }],
});

const mounting = made(Pod, {
  metadata: { name: "p" },
  spec: {
    containers: [{ name: "c", image: "i" }],
    volumes: [{ name: "v", secret: { secretName: "robot-token" } }],
  },
});

const trackedSince =
  (since: string | undefined): Answer =>
  () => ({
    ok: true,
    found: since === undefined ? undefined : made(ConfigMap, { data: { since } }),
  });

interface Case {
  readonly secret: Secret;
  readonly others?: readonly ApiObject[];
  readonly since?: string;
  readonly effects: readonly string[];
}

const looksAgain = "wakeIn 86400s";
const asks = "fetch ConfigMap kube-apiserver-legacy-service-account-token-tracking";
const cases: Readonly<Record<string, Case>> = {
  "a token that nobody ever used for a year is refused from now on": {
    secret: token(),
    effects: [asks, "patch Secret robot-token", looksAgain],
  },
  "so is one that was last used more than a year ago": {
    secret: token({ [lastUsed]: "2028-12-30" }),
    effects: [asks, "patch Secret robot-token", looksAgain],
  },
  "one that has been refused for a year is removed": {
    secret: token({ [invalidSince]: "2028-12-30" }),
    effects: [asks, "delete Secret robot-token", looksAgain],
  },
  "one that has been refused for less stays": {
    secret: token({ [invalidSince]: "2029-02-01" }),
    effects: [asks, looksAgain],
  },
  "one that was used within the year stays": {
    secret: token({ [lastUsed]: "2029-02-01" }),
    effects: [looksAgain],
  },
  "one that is younger stays until it is a year old": {
    secret: token({}, "2029-01-03T00:00:00Z"),
    effects: ["wakeIn 172800s"],
  },
  "one that a pod mounts stays": {
    secret: token(),
    others: [account, mounting],
    effects: [looksAgain],
  },
  "one that was made by hand, so that its account does not name it, stays": {
    secret: token(),
    others: [made(ServiceAccount, { metadata: { name: "robot" } })],
    effects: [looksAgain],
  },
  "nothing is refused before uses have been noted for a year": {
    secret: token(),
    since: "2029-03-01",
    effects: [asks, looksAgain],
  },
};

for (const [what, { secret, others = [account], since = "2024-05-01", effects }] of Object.entries(
  cases,
)) {
  test(what, () => {
    const wanted = legacyTokenCleanerController.reconcile(secret, viewOf([secret, ...others]));
    deepEqual(told(wanted, trackedSince(since)), effects);
  });
}

test("nothing is refused where nobody notes uses; other secrets are left alone", () => {
  const view = viewOf([token(), account]);
  const wanted = legacyTokenCleanerController.reconcile(token(), view);
  deepEqual(told(wanted, trackedSince(undefined)), [asks, looksAgain]);
  const other = made(Secret, { metadata: { creationTimestamp: "2024-05-01T00:00:00Z" } });
  deepEqual(legacyTokenCleanerController.reconcile(other, view), []);
});
