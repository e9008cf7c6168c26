/**
 * Bootstrap tokens (`abcdef.0123456789abcdef`) let a new node ask for its certificate. Each is a
 * Secret in kube-system, so that making and revoking one is an ordinary write.
 * upstream: plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go
 */
import { textOfData } from "#api/core/secret-data.ts";
import { timingSafeEqual } from "node:crypto";
import { Secret } from "#api/core/secret.ts";
import type { User } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import type { Reader } from "../registry/registry.ts";
import { authenticated } from "./groups.ts";

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

type Text = (key: string) => string;

/** Undefined: no such token, or not (or no longer) good for authentication. */
export function bootstrapTokenUser(token: string, reader: Reader, clock: Clock): User | undefined {
  const [, id, secret] = form.exec(token) ?? [];
  if (!id || !secret) return undefined;
  const text = textOf(reader.get(Secret, "kube-system", `bootstrap-token-${id}`)?.object);
  if (!text || text("token-id") !== id || !sameSecret(text("token-secret"), secret))
    return undefined;
  if (isExpired(text("expiration"), clock)) return undefined;
  if (text("usage-bootstrap-authentication") !== "true") return undefined;
  const groups = extraGroups(text("auth-extra-groups"));
  if (!groups) return undefined;
  return authenticated({
    name: `system:bootstrap:${id}`,
    groups: ["system:bootstrappers", ...groups],
  });
}

function textOf(secret: Secret | undefined): Text | undefined {
  if (secret?.type !== "bootstrap.kubernetes.io/token") return undefined;
  if (secret.metadata.deletionTimestamp) return undefined;
  return (key) => textOfData(secret.data?.[key] ?? "");
}

function sameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** An expiration that cannot be read counts as passed. */
function isExpired(expiration: string, clock: Clock): boolean {
  if (expiration === "") return false;
  const at = Date.parse(expiration);
  return Number.isNaN(at) || at < clock.now();
}

/** Undefined when one of them is no group that a token may give. */
function extraGroups(list: string): readonly string[] | undefined {
  if (list === "") return [];
  const groups = [...new Set(list.split(",").map((group) => group.trim()))].sort();
  return groups.every((group) => extraGroup.test(group)) ? groups : undefined;
}
