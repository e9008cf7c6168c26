/**
 * Refuses, and a year later removes, tokens in Secrets that were made for an account by itself, as
 * early Kubernetes did, and that nobody has used for a year.
 * upstream: pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go
 */
import { ConfigMap } from "#api/core/configmap.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import {
  isTokenSecret,
  tokenAccountName,
  tokenInvalidSince,
  tokenLastUsed,
  tokenTracking,
} from "#api/core/token-secret.ts";
import { formatDay, hours } from "#base/clock.ts";
import { defineController, type View } from "./runtime/controller.ts";
import { andThen, type Effect, patch, wakeIn } from "./runtime/effects.ts";

/** exact: kube-controller-manager --legacy-service-account-token-clean-up-period */
const periodMs = hours(365 * 24);
const looksAgainMs = hours(24);

export const legacyTokenCleanerController = defineController<Secret>({
  name: "legacy-serviceaccount-token-cleaner-controller",
  identity: "legacy-service-account-token-cleaner",
  queue: "legacy_service_account_token_cleaner",
  for: Secret,
  reads: [Pod, ServiceAccount],
  rules: [
    {
      verbs: ["get"],
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [tokenTracking.name],
    },
    { verbs: ["list", "watch"], apiGroups: [""], resources: ["pods", "serviceaccounts"] },
    { verbs: ["list", "watch", "patch", "delete"], apiGroups: [""], resources: ["secrets"] },
  ],
  leavesAlone: (secret) => !isTokenSecret(secret),

  reconcile(secret, view) {
    if (!isTokenSecret(secret) || secret.metadata.deletionTimestamp) return [];
    const waitMs = laterMs(secret, view);
    if (waitMs > 0) return [wakeIn(waitMs)];
    return [
      andThen({ do: "fetch", kind: ConfigMap, at: tokenTracking }, (found) => [
        ...cleaned(secret, found, view.now),
        wakeIn(looksAgainMs),
      ]),
    ];
  },
});

/** How long nothing is to be done: it is young, or in use, or somebody made it by hand. */
function laterMs(secret: Secret, view: View): number {
  const { creationTimestamp = "", labels = {} } = secret.metadata;
  const oldAt = Date.parse(creationTimestamp) + periodMs;
  if (oldAt > view.now) return oldAt - view.now;
  const isUsed = isRecent(labels[tokenLastUsed], view.now) || isMounted(secret, view);
  return isUsed || !isMadeByItself(secret, view) ? looksAgainMs : 0;
}

/** Within the last year; a day as `2026-01-31`. */
const isRecent = (day: string | undefined, now: number): boolean =>
  day !== undefined && Date.parse(day) > now - periodMs;

/** Accounts name the secrets that were made with them; those made by hand stay. */
function isMadeByItself({ metadata }: Secret, view: View): boolean {
  const { namespace, name, annotations } = metadata;
  const account = view.get(ServiceAccount, namespace, annotations?.[tokenAccountName] ?? "");
  return account?.secrets?.some((secret) => secret.name === name) ?? false;
}

const isMounted = ({ metadata: { namespace, name } }: Secret, view: View): boolean =>
  view
    .list(Pod, namespace)
    .some(({ spec }) => spec.volumes?.some(({ secret }) => secret?.secretName === name));

function cleaned(secret: Secret, tracked: ConfigMap | undefined, now: number): readonly Effect[] {
  const since = tracked?.data?.["since"];
  // Uses before that were not noted.
  if (since === undefined || isRecent(since, now)) return [];
  const { uid, resourceVersion, labels = {} } = secret.metadata;
  const invalidSince = labels[tokenInvalidSince];
  if (isRecent(invalidSince, now)) return [];
  if (invalidSince === undefined) {
    const change = { metadata: { uid, labels: { [tokenInvalidSince]: formatDay(now) } } };
    return [patch(Secret, secret, { is: "merge", change })];
  }
  // Whoever used it, or took the label away, meanwhile keeps it.
  const preconditions = { uid, resourceVersion };
  return [{ do: "delete", kind: Secret, object: secret, options: { preconditions } }];
}
