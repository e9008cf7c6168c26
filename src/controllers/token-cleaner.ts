/**
 * Removes bootstrap tokens that have expired. upstream: pkg/controller/bootstrap/tokencleaner.go
 */
import { textOfData } from "#api/core/secret-data.ts";
import { Secret } from "#api/core/secret.ts";
import { expiryIn, tokenNamespace } from "./bootstrap-tokens.ts";
import { defineController } from "./runtime/controller.ts";
import { remove, wakeIn } from "./runtime/effects.ts";

const isToken = ({ metadata, type }: Secret): boolean =>
  metadata.namespace === tokenNamespace && type === "bootstrap.kubernetes.io/token";

export const tokenCleanerController = defineController<Secret>({
  name: "token-cleaner-controller",
  identity: "token-cleaner",
  queue: "token_cleaner",
  for: Secret,
  // Its role is in kube-system (apiserver/bootstrap).
  rules: [],
  leavesAlone: (secret) => !isToken(secret),

  reconcile(secret, { now }) {
    if (!isToken(secret) || secret.metadata.deletionTimestamp) return [];
    const text = textOfData(secret.data?.["expiration"] ?? "");
    const endMs = expiryIn(text);
    if (endMs <= now) return [remove(Secret, secret)];
    return Number.isFinite(endMs) ? [wakeIn(endMs - now)] : [];
  },
});
