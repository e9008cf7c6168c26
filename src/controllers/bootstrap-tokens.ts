/** Secrets that are bootstrap tokens. upstream: k8s.io/cluster-bootstrap/token */
import { textOfData } from "#api/core/secret-data.ts";
import type { Secret } from "#api/core/secret.ts";

export const tokenNamespace = "kube-system";

export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
  /** Infinity where it does not expire; 0 where nobody can read when. */
  readonly expiresMs: number;
  readonly isForSigning: boolean;
}

const namePrefix = "bootstrap-token-";

/** Undefined where the Secret is something else, or not a proper token. */
export function bootstrapToken({ metadata, type, data = {} }: Secret): BootstrapToken | undefined {
  if (type !== "bootstrap.kubernetes.io/token") return undefined;
  const text = (name: string): string => textOfData(data[name] ?? "");
  const id = text("token-id");
  const secret = text("token-secret");
  if (!/^[a-z0-9]{6}$/.test(id) || !/^[a-z0-9]{16}$/.test(secret)) return undefined;
  if (metadata.name !== namePrefix + id) return undefined;
  return {
    id,
    secret,
    expiresMs: expiryIn(text("expiration")),
    isForSigning: text("usage-bootstrap-signing") === "true",
  };
}

export const expiryIn = (text: string): number =>
  text === "" ? Number.POSITIVE_INFINITY : Date.parse(text) || 0;
