/**
 * Signs the public description of the cluster with every bootstrap token, so that who has one knows
 * that it talks to the right cluster. upstream: pkg/controller/bootstrap/bootstrapsigner.go
 */
import { createHmac } from "node:crypto";
import { ConfigMap } from "#api/core/configmap.ts";
import { Secret } from "#api/core/secret.ts";
import { isSame } from "#client/canonical.ts";
import { defineController, watching } from "./runtime/controller.ts";
import { update, wakeIn } from "./runtime/effects.ts";
import { bootstrapToken, tokenNamespace } from "./bootstrap-tokens.ts";

const place = { namespace: "kube-public", name: "cluster-info" };
const prefix = "jws-kubeconfig-";

export const bootstrapSignerController = defineController<ConfigMap>({
  name: "bootstrap-signer-controller",
  identity: "bootstrap-signer",
  queue: "bootstrap_signer_queue",
  for: ConfigMap,
  watches: [
    watching(Secret, ({ metadata }) =>
      metadata.namespace === tokenNamespace ? [`${place.namespace}/${place.name}`] : [],
    ),
  ],
  // Its roles are in kube-public and kube-system (apiserver/bootstrap).
  rules: [],
  leavesAlone: ({ metadata }) =>
    metadata.namespace !== place.namespace || metadata.name !== place.name,

  reconcile(info, view) {
    const { kubeconfig } = info.data ?? {};
    if (kubeconfig === undefined) return [];
    const tokens = view
      .list(Secret, tokenNamespace)
      .flatMap((secret) => bootstrapToken(secret) ?? [])
      .filter(({ expiresMs, isForSigning }) => isForSigning && expiresMs > view.now);
    const kept = Object.entries(info.data ?? {}).filter(([name]) => !name.startsWith(prefix));
    const signatures = tokens.map(
      ({ id, secret }) => [prefix + id, detachedSignature(kubeconfig, id, secret)] as const,
    );
    const data = Object.fromEntries([...kept, ...signatures]);
    const nextMs = Math.min(...tokens.map(({ expiresMs }) => expiresMs));
    return [
      ...(isSame(data, info.data) ? [] : [update(ConfigMap, { ...info, data })]),
      ...(Number.isFinite(nextMs) ? [wakeIn(nextMs - view.now)] : []),
    ];
  },
});

/** A JWS without the payload, which everybody has. */
function detachedSignature(payload: string, id: string, secret: string): string {
  const head = encoded(JSON.stringify({ alg: "HS256", kid: id }));
  const signature = createHmac("sha256", secret).update(`${head}.${encoded(payload)}`);
  return `${head}..${signature.digest("base64url")}`;
}

const encoded = (text: string): string => Buffer.from(text).toString("base64url");
