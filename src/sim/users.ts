/** Who acts in a simulated cluster. */
import type { User } from "#api/request.ts";
import { accountGroups, accountName } from "#apiserver/authn/groups.ts";

export const admin: User = { name: "kubernetes-admin", groups: ["system:masters"] };

/** A service account brings its groups. */
export function userOf(name: string): User {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const accounts = namespace ? accountGroups(namespace) : [];
  return { name, groups: [...accounts, "system:authenticated"] };
}

/** One of the cluster's own. */
export const accountOf = (name: string): User => userOf(accountName("kube-system", name));

/** The component that a node's user is. */
export const kubeletOf = ({ name }: User): string => `kubelet/${name.replace("system:node:", "")}`;
