/** Manifests that tests start from. */

export const containerWith = (change: object = {}) => ({ name: "web", image: "nginx", ...change });

export const podWith = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: "web", namespace: "default", ...metadata },
  spec: { containers: [containerWith()], ...spec },
});

/** A pod of one container with these fields. */
export const podOf = (container: object, spec: object = {}) =>
  podWith({ containers: [containerWith(container)], ...spec });

/** What is tried, and every `path: message` that it should come to. */
export type Cases = readonly (readonly [change: object, ...problems: readonly string[]])[];

export const badSubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
export const badLabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
