/**
 * Who to be for a registry: the credentials of a pod's pull secrets that fit an image.
 * upstream: pkg/credentialprovider/keyring.go
 */
import { parseImageName } from "#api/core/image-name.ts";
import type { Secret } from "#api/core/secret.ts";
import type { ImageAuth } from "../runtime.ts";

interface Entry {
  /** As in the secret: `registry.example.com/team`, `*.example.com`, a URL. */
  readonly registry: string;
  readonly auth: ImageAuth;
}

/** Most specific first. Empty when no secret knows the image's registry. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly ImageAuth[] {
  const { repository = "" } = parseImageName(image) ?? {};
  return secrets
    .flatMap(entriesOf)
    .map(({ registry, auth }) => ({ place: placeOf(registry), auth }))
    .filter(({ place }) => matches(place, repository))
    .sort((a, b) => b.place.length - a.place.length)
    .map(({ auth }) => auth);
}

function entriesOf({ type, data = {} }: Secret): readonly Entry[] {
  const modern = data[".dockerconfigjson"];
  const old = data[".dockercfg"];
  if (type === "kubernetes.io/dockerconfigjson" && modern)
    return readEntries((parse(modern) as { auths?: unknown }).auths);
  return type === "kubernetes.io/dockercfg" && old ? readEntries(parse(old)) : [];
}

/** A secret that is no JSON holds no credentials; the pull fails, and says why. */
function parse(base64: string): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, "base64").toString());
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

interface RawEntry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function readEntries(auths: unknown): readonly Entry[] {
  if (typeof auths !== "object" || auths === null) return [];
  return Object.entries(auths).map(([registry, raw]: [string, RawEntry | null]) => {
    const [username = "", ...rest] = Buffer.from(text(raw?.auth), "base64").toString().split(":");
    const [identityToken, registryToken] = [text(raw?.identitytoken), text(raw?.registrytoken)];
    return {
      registry,
      auth: {
        username: text(raw?.username) || username,
        password: text(raw?.password) || rest.join(":"),
        ...(identityToken ? { identityToken } : {}),
        ...(registryToken ? { registryToken } : {}),
      },
    };
  });
}

/** Without scheme and API version; Docker Hub goes by several names. */
function placeOf(registry: string): string {
  const place = registry
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .replace(/\/+$/, "");
  return place === "index.docker.io" ? "docker.io" : place;
}

/** The host may have wildcards for parts of its name; the path is a prefix. */
function matches(place: string, repository: string): boolean {
  const [host = "", ...path] = place.split("/");
  const [imageHost = "", ...imagePath] = repository.split("/");
  return hostMatches(host, imageHost) && path.every((part, i) => part === imagePath[i]);
}

function hostMatches(pattern: string, host: string): boolean {
  const [patternName = "", patternPort = ""] = pattern.split(":");
  const [name = "", port = ""] = host.split(":");
  const [patterns, parts] = [patternName.split("."), name.split(".")];
  return (
    patternPort === port &&
    patterns.length === parts.length &&
    patterns.every((wanted, i) => globMatches(wanted, parts[i] ?? ""))
  );
}

const globMatches = (pattern: string, part: string): boolean =>
  new RegExp(
    `^${pattern.replace(/[.*+?^${}()|[\]\\]/g, (c) => (c === "*" ? ".*" : c === "?" ? "." : `\\${c}`))}$`,
  ).test(part);
