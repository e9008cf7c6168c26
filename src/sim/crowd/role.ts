/** What simulated nodes look at together, and do for each other; each node writes as itself. */

/** Its service account in kube-system, and what that may do. */
export const crowdRole = {
  identity: "simulated-nodes",
  rules: [
    { verbs: ["list", "watch"], apiGroups: [""], resources: ["nodes", "pods"] },
    // For storage drivers, which are not there.
    { verbs: ["get"], apiGroups: ["storage.k8s.io"], resources: ["csidrivers"] },
    { verbs: ["list", "watch"], apiGroups: ["storage.k8s.io"], resources: ["volumeattachments"] },
    { verbs: ["patch"], apiGroups: ["storage.k8s.io"], resources: ["volumeattachments/status"] },
  ],
} as const;
