import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { isTokenSecret, tokenAccountName } from "#api/core/token-secret.ts";
import type { TokenRequest } from "#api/authentication/tokenrequest.ts";
import type { Index } from "#client/cache.ts";
import { defineController, eventsRule, type View, watching } from "./runtime/controller.ts";
import { type Effect, remove, update } from "./runtime/effects.ts";
import { call, fetched, inSteps, type Steps } from "./runtime/steps.ts";

// exact: core/v1
const uidAnnotation = "kubernetes.io/service-account.uid";

/** The most that can be asked for: 136 years. */
const expirationSeconds = 2 ** 32;

/**
 * Fills secrets that ask for a token of a service account, and removes them with their account.
 * differs: the token is an ordinary one that is bound to the secret and expires after 136 years;
 * upstream signs one of the old form, which never does.
 * upstream: pkg/controller/serviceaccount/tokens_controller.go
 */
export const serviceAccountTokenController = (rootCa: string) =>
  defineController({
    name: "serviceaccount-token-controller",
    identity: "tokens-controller",
    queue: "serviceaccount_tokens_secret",
    for: Secret,
    watches: [watching(ServiceAccount, secretsOf)],
    rules: [
      {
        verbs: ["get", "list", "watch", "update", "delete"],
        apiGroups: [""],
        resources: ["secrets"],
      },
      { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["serviceaccounts"] },
      { verbs: ["create"], apiGroups: [""], resources: ["serviceaccounts/token"] },
      eventsRule,
    ],
    leavesAlone: (secret) =>
      !isTokenSecret(secret) || secret.metadata.deletionTimestamp !== undefined,

    reconcile(secret, view) {
      const { namespace, annotations = {}, deletionTimestamp } = secret.metadata;
      if (!isTokenSecret(secret) || deletionTimestamp) return [];
      const account = view.get(ServiceAccount, namespace, annotations[tokenAccountName] ?? "");
      return inSteps(account ? fill(secret, account, rootCa) : clean(secret, rootCa));
    },
  });

const accountOf: Index<Secret> = (secret) => {
  const { namespace, annotations } = secret.metadata;
  return isTokenSecret(secret) ? [`${namespace}/${annotations?.[tokenAccountName]}`] : [];
};

function secretsOf(
  { metadata: { namespace, name } }: ServiceAccount,
  _old: ServiceAccount | undefined,
  view: View,
): readonly string[] {
  return view
    .by(Secret, accountOf, `${namespace}/${name}`)
    .map((secret) => `${namespace}/${secret.metadata.name}`);
}

/** The cache may not show an account that is there already. */
function* clean(secret: Secret, rootCa: string): Steps<readonly Effect[]> {
  const { namespace, annotations } = secret.metadata;
  const at = { namespace, name: annotations?.[tokenAccountName] ?? "" };
  const account = yield* fetched(ServiceAccount, at);
  return account ? yield* fill(secret, account, rootCa) : [remove(Secret, secret)];
}

function* fill(secret: Secret, account: ServiceAccount, rootCa: string): Steps<readonly Effect[]> {
  const { namespace = "", annotations } = secret.metadata;
  const { uid = "" } = account.metadata;
  const known = annotations?.[uidAnnotation];
  // It was made for an account of the same name that is gone.
  if (known && known !== uid) return [remove(Secret, secret)];
  const wanted = { "ca.crt": base64(rootCa), namespace: base64(namespace) };
  const { data = {} } = secret;
  const isRight =
    known === uid &&
    data["token"] &&
    Object.entries(wanted).every(([name, value]) => data[name] === value);
  if (isRight) return [];
  const token = data["token"] || base64(yield* issue(secret, account));
  const metadata = { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: uid } };
  return [update(Secret, { ...secret, metadata, data: { ...data, ...wanted, token } })];
}

function* issue(secret: Secret, { metadata }: ServiceAccount): Steps<string> {
  const { name, uid, namespace } = secret.metadata;
  const boundObjectRef = { kind: Secret.kind, apiVersion: Secret.apiVersion, name, uid };
  const { status } = (yield* call({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${metadata.name}/token`,
    body: {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { uid: metadata.uid },
      spec: { audiences: [], expirationSeconds, boundObjectRef },
    },
  })) as TokenRequest;
  return status.token;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
