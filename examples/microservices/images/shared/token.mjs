// JSON Web Tokens, signed with a secret that the services share (HS256, RFC 7519).
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const secret = () => readFileSync(process.env.TOKEN_SECRET ?? "/etc/auth/secret");
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text) => createHmac("sha256", secret()).update(text).digest();

const lifetimeSeconds = 3600;

export function issueToken(user) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: user, iat: now, exp: now + lifetimeSeconds };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${sign(text).toString("base64url")}`;
}

/** The user, or undefined when the token is missing, forged or old. */
export function userOf(request) {
  const [, head, claims, signature] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (!signature) return undefined;
  const given = Buffer.from(signature, "base64url");
  const right = sign(`${head}.${claims}`);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(claims, "base64url"));
  return exp * 1000 > Date.now() ? sub : undefined;
}
