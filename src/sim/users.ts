/** Who acts in a simulated cluster. */
import type { User } from "#api/request.ts";

export const admin: User = { name: "kubernetes-admin", groups: ["system:masters"] };

/** A service account brings its groups. */
export function userOf(name: string): User {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const accounts = namespace
    ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]
    : [];
  return { name, groups: [...accounts, "system:authenticated"] };
}

/** The component that a node's user is. */
export const kubeletOf = ({ name }: User): string => `kubelet/${name.replace("system:node:", "")}`;
