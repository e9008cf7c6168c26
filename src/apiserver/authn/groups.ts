/** The groups and names that authentication itself gives out. upstream: pkg/authentication/user */
import type { User } from "#api/request.ts";

export const allAuthenticated = "system:authenticated";
export const allUnauthenticated = "system:unauthenticated";

export const nodePrefix = "system:node:";
export const accountPrefix = "system:serviceaccount:";

/** Of a service account, as a user. */
export const accountName = (namespace: string, name: string): string =>
  `${accountPrefix}${namespace}:${name}`;

export const accountGroups = (namespace: string): readonly string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
];

/** Extra fields that say by which credential a user came, and for which pod and node it was made. */
export const credentialId = "authentication.kubernetes.io/credential-id";
export const podName = "authentication.kubernetes.io/pod-name";
export const podUid = "authentication.kubernetes.io/pod-uid";
export const nodeName = "authentication.kubernetes.io/node-name";
export const nodeUid = "authentication.kubernetes.io/node-uid";

export const anonymous: User = Object.freeze({
  name: "system:anonymous",
  groups: Object.freeze([allUnauthenticated]),
});

/** The same user, a member of `system:authenticated`. */
export const authenticated = (user: User): User =>
  user.groups.includes(allAuthenticated) || user.groups.includes(allUnauthenticated)
    ? user
    : { ...user, groups: [...user.groups, allAuthenticated] };
