/** The plugins that hold writers to limits: LimitRanger, NodeRestriction, certificates, roles. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { TokenRequest } from "#api/authentication/tokenrequest.ts";
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { Lease } from "#api/coordination/lease.ts";
import { LimitRange } from "#api/core/limitrange.ts";
import { Node } from "#api/core/node.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import { RoleBinding } from "#api/rbac/rolebinding.ts";
import type { Kind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { createAuthorizer } from "../authz/union.ts";
import type { Admission } from "./admission.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  nodeCertificateRestriction,
} from "./certificates.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { claimLimitRanger, limitRanger } from "./limit-ranger.ts";
import { nodeRestriction } from "./node/restriction.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { roleBindingEscalation, roleEscalation } from "./role-escalation.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { admit, type Attempt, readerOf, type TestReader } from "./testing.ts";

const metadata = { name: "p", namespace: "blue" };
const container = (resources: object, name = "c") => ({ name, image: "i", resources });
const pod = (...containers: object[]) => [Pod, { metadata, spec: { containers } }] as const;
const limits = (...items: object[]) =>
  readerOf([LimitRange, { metadata: { name: "l", namespace: "blue" }, spec: { limits: items } }]);

test("containers that do not say get the defaults, and the pod says so", async () => {
  const reader = limits({
    type: "Container",
    default: { cpu: "500m", memory: "1Gi" },
    defaultRequest: { cpu: "100m", memory: "1Gi" },
  });
  const given = container({ requests: { cpu: "200m" }, limits: { memory: "2Gi" } }, "b");
  const { object } = await admit(limitRanger, pod(container({}, "a"), given), { reader });
  deepEqual(
    object.spec.containers.map(({ resources }) => resources),
    [
      { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: "100m", memory: "1Gi" } },
      { limits: { cpu: "500m", memory: "2Gi" }, requests: { cpu: "200m", memory: "2Gi" } },
    ],
  );
  equal(
    object.metadata.annotations?.["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; cpu limit for container b",
  );
});

const outside = [
  [
    { type: "Container", min: { cpu: "200m" } },
    container({ requests: { cpu: "100m" } }),
    "minimum cpu usage per Container is 200m, but request is 100m",
  ],
  [
    { type: "Container", max: { memory: "1Gi" } },
    container({ limits: { memory: "1536Mi" } }),
    "maximum memory usage per Container is 1Gi, but limit is 1536Mi",
  ],
  [
    { type: "Pod", max: { cpu: "1" } },
    container({}),
    "maximum cpu usage per Pod is 1.  No limit is specified",
  ],
  [
    { type: "Container", maxLimitRequestRatio: { memory: "2" } },
    container({ requests: { memory: "1Gi" }, limits: { memory: "3Gi" } }),
    "memory max limit to request ratio per Container is 2, but provided ratio is 3.000000",
  ],
  [
    { type: "Pod", max: { cpu: "1" }, min: { memory: "1Gi" } },
    container({ requests: { memory: "1Mi" }, limits: { cpu: "2" } }),
    "[minimum memory usage per Pod is 1Gi, but request is 1Mi, maximum cpu usage per Pod is 1, but limit is 2]",
  ],
] as const;
for (const [item, asked, why] of outside) {
  test(`a pod outside of its limits is refused: ${why}`, async () => {
    const reader = limits(item);
    await rejects(admit(limitRanger, pod(asked), { reader }), {
      code: 403,
      message: `pods "p" is forbidden: ${why}`,
    });
  });
}

test("claims are held to theirs", async () => {
  const reader = limits({
    type: "PersistentVolumeClaim",
    min: { storage: "1Gi" },
    max: { storage: "2Gi" },
  });
  const claim = (storage: string) =>
    [PersistentVolumeClaim, { metadata, spec: { resources: { requests: { storage } } } }] as const;
  await admit(claimLimitRanger, claim("2Gi"), { reader });
  await rejects(admit(claimLimitRanger, claim("3Gi"), { reader }), {
    message:
      'persistentvolumeclaims "p" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  });
});

const kubelet: User = { name: "system:node:n1", groups: ["system:nodes"] };
const place = readerOf(
  [Node, { metadata: { name: "n1", uid: "u1" } }],
  [
    Pod,
    { metadata: { ...metadata, name: "mine", uid: "m" }, spec: { nodeName: "n1", containers: [] } },
  ],
  [
    Pod,
    {
      metadata: { ...metadata, name: "other", uid: "o" },
      spec: { nodeName: "n2", containers: [] },
    },
  ],
);

interface Case {
  readonly kind: Kind<never>;
  readonly now: object;
  readonly why?: string;
  readonly attempt?: Attempt;
}
const byNode = ({ kind, now, attempt }: Case) =>
  admit(nodeRestriction as Admission, [kind as unknown as Kind, now], {
    reader: place,
    user: kubelet,
    ...attempt,
  });

const node = (labels: object, spec: object = {}, name = "n1") => ({
  metadata: { name, labels },
  spec,
});
const mirror = (changes: object = {}, spec: object = {}) => ({
  metadata: {
    ...metadata,
    annotations: { "kubernetes.io/config.mirror": "x" },
    ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n1", uid: "u1", controller: true }],
    ...changes,
  },
  spec: { nodeName: "n1", containers: [], ...spec },
});
const podOn = (nodeName: string, more: object = {}) => ({
  metadata: { ...metadata, ...more },
  spec: { nodeName, containers: [] },
});
const token = (boundObjectRef?: object) => ({
  metadata: { name: "default", namespace: "blue" },
  spec: { boundObjectRef },
});
const lease = (name: string, namespace = "kube-node-lease") => ({ metadata: { name, namespace } });

const owner = { apiVersion: "v1", kind: "Namespace", name: "gone", uid: "g" };
const claiming = (name: string, field: string, status: unknown) => ({
  ...podOn("n1"),
  metadata: { ...metadata, name },
  status: { [field]: status },
});

const withVolume = (source: object): object => ({ volumes: [{ name: "v", ...source }] });
const projecting = (source: object): object => withVolume({ projected: { sources: [source] } });
/** What a mirror pod may not name. */
const naming: readonly (readonly [spec: object, what: string])[] = [
  [{ serviceAccountName: "default" }, "serviceaccounts"],
  [withVolume({ configMap: { name: "c" } }), "configmaps"],
  [{ resourceClaims: [{ name: "gpu", resourceClaimName: "yours" }] }, "resourceclaims"],
  [withVolume({ csi: { driver: "x" } }), "csidrivers (via CSI volumes)"],
  [withVolume({ persistentVolumeClaim: { claimName: "data" } }), "persistentvolumeclaims"],
  [withVolume({ ephemeral: {} }), "persistentvolumeclaims (via ephemeral volumes)"],
  [projecting({ serviceAccountToken: { path: "t" } }), "serviceaccounts (via projected volumes)"],
  [projecting({ clusterTrustBundle: { name: "b", path: "p" } }), "clustertrustbundles"],
];

const cases = [
  { kind: Node, now: node({ "kubernetes.io/hostname": "n1", "node.kubernetes.io/x": "y" }) },
  { kind: Node, now: node({}, {}, "n2"), why: 'node "n1" is not allowed to modify node "n2"' },
  {
    kind: Node,
    now: node({ "node-restriction.kubernetes.io/a": "b", "x.k8s.io/y": "z", free: "yes" }),
    why: 'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a, x.k8s.io/y',
  },
  {
    kind: Node,
    now: node({ "kubernetes.io/role": "master" }),
    why: "is not allowed to modify labels: kubernetes.io/role",
    attempt: { old: node({}) },
  },
  {
    kind: Node,
    now: node({}, { taints: [] }),
    why: 'node "n1" is not allowed to modify taints',
    attempt: { old: node({}, { taints: [{ key: "a", effect: "NoSchedule" }] }) },
  },
  {
    kind: Node,
    now: { metadata: { name: "n1", ownerReferences: [owner] } },
    why: 'node "n1" is not allowed to modify ownerReferences',
    attempt: { old: node({}) },
  },
  { kind: Pod, now: mirror() },
  {
    kind: Pod,
    now: podOn("n1"),
    why: 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  },
  {
    kind: Pod,
    now: mirror({ ownerReferences: [] }),
    why: 'node "n1" can only create pods with an owner reference set to itself',
  },
  {
    kind: Pod,
    now: mirror({}, { nodeName: "n2" }),
    why: 'node "n1" can only create pods with spec.nodeName set to itself',
  },
  {
    kind: Pod,
    now: mirror({}, { imagePullSecrets: [{ name: "s" }] }),
    why: 'node "n1" can not create pods that reference secrets',
  },
  ...naming.map(([spec, what]) => ({
    kind: Pod,
    now: mirror({}, spec),
    why: `node "n1" can not create pods that reference ${what}`,
  })),
  { kind: Pod, now: mirror({}, { volumes: [{ name: "v", emptyDir: {} }] }) },
  { kind: Pod, now: podOn("n1"), attempt: { old: podOn("n1"), subresource: "status" } },
  {
    kind: Pod,
    now: podOn("n2"),
    attempt: { old: podOn("n2"), subresource: "status" },
    why: 'node "n1" can only update pod status for pods with spec.nodeName set to itself',
  },
  {
    kind: Pod,
    now: podOn("n1", { labels: { a: "b" } }),
    attempt: { old: podOn("n1"), subresource: "status" },
    why: 'node "n1" cannot update labels through pod status',
  },
  {
    kind: Pod,
    now: claiming("a", "resourceClaimStatuses", [{ name: "gpu", resourceClaimName: "yours" }]),
    attempt: { old: podOn("n1"), subresource: "status" },
    why: 'node "n1" cannot update resource claim statues',
  },
  {
    kind: Pod,
    now: claiming("a", "extendedResourceClaimStatus", {
      resourceClaimName: "yours",
      requestMappings: [],
    }),
    attempt: { old: podOn("n1"), subresource: "status" },
    why: 'node "n1" cannot update extended resource claim status',
  },
  {
    kind: Pod,
    now: podOn("n1"),
    attempt: { old: podOn("n1") },
    why: 'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
  },
  {
    kind: Pod,
    now: podOn("n2"),
    attempt: { old: podOn("n2"), operation: "DELETE" },
    why: 'node "n1" can only delete pods with spec.nodeName set to itself',
  },
  {
    kind: Pod,
    now: podOn("n1"),
    attempt: { subresource: "eviction", name: "other" },
    why: "node n1 can only evict pods with spec.nodeName set to itself",
  },
  { kind: Pod, now: podOn("n1"), attempt: { subresource: "eviction", name: "mine" } },
  {
    kind: Pod,
    now: podOn("n1"),
    attempt: { subresource: "exec", operation: "CONNECT" },
    why: "unexpected pod subresource \"exec\", only 'status' and 'eviction' are allowed",
  },
  { kind: Lease, now: lease("n1") },
  {
    kind: Lease,
    now: lease("n2"),
    why: "can only access node lease with the same name as the requesting node",
  },
  {
    kind: Lease,
    now: lease("n1", "blue"),
    why: 'can only access leases in the "kube-node-lease" system namespace',
  },
  { kind: PersistentVolumeClaim, now: { metadata }, why: "may only update PVC status" },
] as unknown as readonly Case[];
for (const one of cases) {
  const what = `${one.attempt?.operation ?? (one.attempt?.old ? "UPDATE" : "CREATE")} ${one.kind.plural}`;
  test(`a node's ${what} is ${one.why ? `refused: ${one.why}` : "allowed"}`, async () => {
    if (!one.why) await byNode(one);
    else
      await rejects(byNode(one), ({ message }: Error) => message.endsWith(`forbidden: ${one.why}`));
  });
}

const tokens = [
  [undefined, "node requested token not bound to a pod"],
  [
    { kind: "Pod", apiVersion: "v1", name: "mine" },
    "node requested token with a pod binding without a uid",
  ],
  [
    { kind: "Pod", apiVersion: "v1", name: "other", uid: "o" },
    "node requested token bound to a pod scheduled on a different node",
  ],
  [
    { kind: "Pod", apiVersion: "v1", name: "mine", uid: "x" },
    "the UID in the bound object reference (x) does not match the UID in record. The object might have been deleted and then recreated",
  ],
  [{ kind: "Pod", apiVersion: "v1", name: "mine", uid: "m" }, undefined],
] as const;
for (const [ref, why] of tokens) {
  test(`a node's token for ${JSON.stringify(ref)}: ${why ?? "allowed"}`, async () => {
    // The body is a TokenRequest, the kind that it is asked of a ServiceAccount.
    const { object } = await admit({ name: "none", when: [] }, [TokenRequest, token(ref)]);
    const validate = async () =>
      nodeRestriction.validate?.(object, {
        operation: "CREATE",
        kind: ServiceAccount,
        subresource: "token",
        namespace: "blue",
        name: "default",
        old: undefined,
        user: kubelet,
        dryRun: false,
        reader: place,
        now: 0,
        warn: () => {},
      });
    if (why) await rejects(validate(), ({ message }: Error) => message.endsWith(why));
    else await validate();
  });
}

test("others than nodes are not restricted", async () => {
  await byNode({
    kind: Node as never,
    now: node({}, {}, "n2"),
    attempt: { user: { name: "jane", groups: [] } },
  });
});

async function csrOf(name: string): Promise<string> {
  await import("reflect-metadata");
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return Buffer.from(request.toString("pem")).toString("base64");
}
const csr = (signerName: string, request: string, status: object = {}) =>
  [
    CertificateSigningRequest,
    { metadata: { name: "c" }, spec: { signerName, request }, status },
  ] as const;
const ofApiServer = "kubernetes.io/kube-apiserver-client";

test("nobody gets a certificate that says superuser", async () => {
  const [bad, good] = [await csrOf("CN=x,O=system:masters"), await csrOf("CN=x,O=dev")];
  await rejects(admit(certificateSubjectRestriction, csr(ofApiServer, bad)), {
    message:
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  });
  await admit(certificateSubjectRestriction, csr(ofApiServer, good));
  await admit(certificateSubjectRestriction, csr("example.com/any", bad));
  await rejects(admit(certificateSubjectRestriction, csr(ofApiServer, "bm9uZQ==")), {
    message: /unable to parse csr/,
  });
});

test("a node asks for a certificate in its own name only", async () => {
  const signer = "kubernetes.io/kubelet-serving";
  const [own, other] = [
    await csrOf("CN=system:node:n1,O=system:nodes"),
    await csrOf("CN=system:node:n2"),
  ];
  await admit(nodeCertificateRestriction, csr(signer, own), { user: kubelet });
  await rejects(admit(nodeCertificateRestriction, csr(signer, other), { user: kubelet }), {
    message: /can only create a node CSR with CN=system:node:n1/,
  });
});

const rbac = "rbac.authorization.k8s.io";
const jane: User = { name: "jane", groups: ["system:authenticated"] };
const role = (name: string, ...rules: object[]) =>
  [ClusterRole, { metadata: { name }, rules }] as const;
const bind = (name: string) =>
  [
    ClusterRoleBinding,
    {
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "User", name: "jane" }],
    },
  ] as const;
const authorizerOver = (reader: TestReader) =>
  createAuthorizer({ reader: () => reader, nodeRules: [] });

test("approving and signing need leave for the signer, or for all of its domain", async () => {
  const reader = readerOf(
    role("a", {
      verbs: ["approve"],
      apiGroups: ["certificates.k8s.io"],
      resources: ["signers"],
      resourceNames: ["x.org/*"],
    }),
    bind("a"),
  );
  const authorizer = authorizerOver(reader);
  const approve = (signer: string) => {
    const [kind, now] = csr(signer, "eA==");
    return admit(certificateApproval(authorizer), [kind, now], {
      old: now,
      user: jane,
      subresource: "approval",
    });
  };
  await approve("x.org/one");
  await rejects(approve("y.org/one"), {
    message: /user not permitted to approve requests with signerName "y\.org\/one"/,
  });
  const sign = (before: object, after: object) =>
    admit(certificateSigning(authorizer), csr("x.org/one", "eA==", after), {
      old: csr("x.org/one", "eA==", before)[1],
      user: jane,
      subresource: "status",
    });
  await sign({}, {});
  await rejects(sign({}, { certificate: "eA==" }), {
    message: /user not permitted to sign requests with signerName "x\.org\/one"/,
  });
});

const reading = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const writing = { verbs: ["get", "delete"], apiGroups: [""], resources: ["pods"] };

test("a role may hold what its writer holds, not more", async () => {
  const authorizer = authorizerOver(readerOf(role("r", reading), bind("r")));
  const write = (rules: object[], attempt: Attempt = {}) =>
    admit(roleEscalation(authorizer) as Admission, [Role, { metadata, rules }], {
      user: jane,
      ...attempt,
    });
  await write([reading]);
  await rejects(write([writing]), {
    message: `roles.rbac.authorization.k8s.io "p" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}`,
  });
  await write([writing], { old: { metadata, rules: [writing] } });
  await write([writing], { user: { name: "root", groups: ["system:masters"] } });
});

test("who may escalate a role may write what they do not hold", async () => {
  const escalate = {
    verbs: ["escalate"],
    apiGroups: [rbac],
    resources: ["clusterroles"],
    resourceNames: ["p"],
  };
  const authorizer = authorizerOver(readerOf(role("r", escalate), bind("r")));
  const write = (name: string) =>
    admit(roleEscalation(authorizer), [ClusterRole, { metadata: { name }, rules: [writing] }], {
      user: jane,
    });
  await write("p");
  await rejects(write("q"), { reason: "Forbidden" });
});

test("aggregation is for those who may do everything", async () => {
  const authorizer = authorizerOver(readerOf(role("r", reading), bind("r")));
  const aggregating = {
    metadata: { name: "a" },
    rules: [],
    aggregationRule: { clusterRoleSelectors: [{}] },
  };
  await rejects(admit(roleEscalation(authorizer), [ClusterRole, aggregating], { user: jane }), {
    message:
      'clusterroles.rbac.authorization.k8s.io "a" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  });
});

test("a role may be bound by who holds it, or may bind it", async () => {
  const reader = readerOf(role("r", reading), bind("r"), role("w", writing));
  const plugin = roleBindingEscalation(authorizerOver(reader)) as Admission;
  const binding = (name: string) =>
    admit(
      plugin,
      [RoleBinding, { metadata, roleRef: { apiGroup: rbac, kind: "ClusterRole", name } }],
      {
        user: jane,
        reader,
      },
    );
  await binding("r");
  await rejects(binding("w"), { message: /not currently held:\n\{APIGroups/ });
  await rejects(binding("none"), {
    message: 'clusterroles.rbac.authorization.k8s.io "none" not found',
  });
  const may = {
    verbs: ["bind"],
    apiGroups: [rbac],
    resources: ["clusterroles"],
    resourceNames: ["w"],
  };
  reader.put(...role("r", reading, may));
  await binding("w");
});

const storageClasses = readerOf(
  [
    StorageClass,
    {
      metadata: {
        name: "fast",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        creationTimestamp: "2026-01-02T00:00:00Z",
      },
      provisioner: "x",
      allowVolumeExpansion: true,
    },
  ],
  [
    StorageClass,
    {
      metadata: {
        name: "slow",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        creationTimestamp: "2026-01-01T00:00:00Z",
      },
      provisioner: "x",
    },
  ],
);
const claim = (storage: string, more: object = {}, phase = "Bound") => ({
  metadata,
  spec: { resources: { requests: { storage } }, ...more },
  status: { phase },
});

test("a claim gets the newest default class and a finalizer", async () => {
  const [kind, attempt] = [PersistentVolumeClaim, { reader: storageClasses }];
  const { object } = await admit(defaultStorageClass, [kind, claim("1Gi")], attempt);
  equal(object.spec.storageClassName, "fast");
  const chosen = await admit(
    defaultStorageClass,
    [kind, claim("1Gi", { storageClassName: "" })],
    attempt,
  );
  equal(chosen.object.spec.storageClassName, "");
  const kept = await admit(storageObjectInUseProtection as Admission, [kind, claim("1Gi")]);
  deepEqual(kept.object.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
});

const resizes = [
  ["fast", "Bound", undefined],
  ["fast", "Pending", "Only bound persistent volume claims can be expanded"],
  [
    "slow",
    "Bound",
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
  ],
] as const;
for (const [storageClassName, phase, why] of resizes) {
  test(`a ${phase} claim of class ${storageClassName} may ${why ? "not " : ""}grow`, async () => {
    const [old, now] = [
      claim("1Gi", { storageClassName }, phase),
      claim("2Gi", { storageClassName }, phase),
    ];
    const resize = admit(persistentVolumeClaimResize, [PersistentVolumeClaim, now], {
      old,
      reader: storageClasses,
    });
    if (why) await rejects(resize, ({ message }: Error) => message.endsWith(why));
    else await resize;
  });
}
