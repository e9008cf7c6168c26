/**
 * Names of images, as registries know them: `registry.example.com:5000/team/app:v1@sha256:…`.
 * upstream: pkg/util/parsers/parsers.go, github.com/distribution/reference
 */
export interface ImageName {
  /** With its default filled in: `docker.io/library/nginx`. */
  readonly repository: string;
  /** `latest` when there is neither tag nor digest; else empty without a tag. */
  readonly tag: string;
  readonly digest: string;
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const reference = new RegExp(
  `^(?:(${domain})/)?(${component}(?:/${component})*)` +
    "(?::([\\w][\\w.-]{0,127}))?" +
    "(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$",
);

/** Undefined when it is no image name. */
export function parseImageName(text: string): ImageName | undefined {
  if (/^[a-f0-9]{64}$/.test(text)) return undefined; // An image id cannot be pulled.
  const found = reference.exec(withDomain(text));
  if (!found) return undefined;
  const [, host = "", path = "", tag = "", digest = ""] = found;
  return {
    repository: `${host}/${path}`,
    tag: tag === "" && digest === "" ? "latest" : tag,
    digest,
  };
}

/** The first part is a registry only when it looks like a host; everything else is Docker Hub. */
function withDomain(text: string): string {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  if (first === "index.docker.io") return withDomain(`docker.io${text.slice(slash)}`);
  const isHost = /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
  const named = isHost ? text : `docker.io/${text}`;
  return /^docker\.io\/[^/]+$/.test(named) ? named.replace("/", "/library/") : named;
}

/** `latest` may be another image tomorrow; what has a version or a digest stays. */
export const defaultPullPolicy = (image: string): "Always" | "IfNotPresent" =>
  parseImageName(image)?.tag === "latest" ? "Always" : "IfNotPresent";
