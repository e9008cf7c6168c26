/** What a crowd of nodes looks at together; each node writes as itself. */

/** Its service account in kube-system, and what that may do. */
export const crowdRole = {
  identity: "simulated-nodes",
  rules: [{ verbs: ["list", "watch"], apiGroups: [""], resources: ["nodes", "pods"] }],
} as const;
