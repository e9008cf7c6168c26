/**
 * Image references as containerd names them: `hello:1` is `docker.io/library/hello:1`.
 * upstream: github.com/distribution/reference#ParseNormalizedNamed
 */
export function normalizedReference(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isRegistry = /[.:]|^localhost$/.test(first) && rest.length > 0;
  const path = isRegistry
    ? reference
    : `docker.io/${rest.length > 0 ? "" : "library/"}${reference}`;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /[:@]/.test(name) ? path : `${path}:latest`;
}
