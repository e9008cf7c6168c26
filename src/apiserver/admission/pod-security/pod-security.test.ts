import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import type { Admission } from "../admission.ts";
import { admit, objectOf, readerOf } from "../testing.ts";
import { namespaceSecurity, podSecurity, podTemplateSecurity } from "./pod-security.ts";
import { detailsOf, type Level, violations } from "./standards.ts";

const pod = (spec: object, annotations: object = {}) => ({
  metadata: { name: "p", namespace: "blue", annotations },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});
const container = (securityContext: object, name = "c") => ({ name, image: "i", securityContext });

const told = (level: Level, spec: object, annotations: object = {}): string =>
  detailsOf(violations({ level, version: "latest" }, objectOf(Pod, pod(spec, annotations))));

const baseline: readonly (readonly [object, string])[] = [
  [{}, ""],
  [{ hostNetwork: true, hostPID: true }, "host namespaces (hostNetwork=true, hostPID=true)"],
  [
    {
      volumes: [
        { name: "a", hostPath: { path: "/" } },
        { name: "b", hostPath: { path: "/x" } },
      ],
    },
    'hostPath volumes (volumes "a", "b")',
  ],
  [
    { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 80 }] }] },
    'hostPort (container "c" uses hostPort 80)',
  ],
  [
    {
      containers: [container({ privileged: true })],
      initContainers: [container({ privileged: true }, "i")],
    },
    'privileged (containers "i", "c" must not set securityContext.privileged=true)',
  ],
  [
    { containers: [container({ capabilities: { add: ["SYS_ADMIN", "CHOWN", "BPF"] } })] },
    'non-default capabilities (container "c" must not include "BPF", "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    { containers: [container({ procMount: "Unmasked" })] },
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  ],
  [{ hostUsers: false, containers: [container({ procMount: "Unmasked" })] }, ""],
  [
    {
      securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } },
      containers: [container({ seLinuxOptions: { role: "r" } })],
    },
    'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
  ],
  [
    { securityContext: { seccompProfile: { type: "Unconfined" } } },
    'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    {
      securityContext: {
        sysctls: [
          { name: "kernel.msgmax", value: "1" },
          { name: "net.ipv4.tcp_rmem", value: "1" },
        ],
      },
    },
    "forbidden sysctls (kernel.msgmax)",
  ],
  [
    { securityContext: { windowsOptions: { hostProcess: true } } },
    "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
  ],
  [
    { containers: [container({ appArmorProfile: { type: "Unconfined" } })] },
    'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
  ],
  [
    {
      containers: [
        {
          name: "c",
          image: "i",
          livenessProbe: { httpGet: { port: 80, host: "127.0.0.1" } },
          lifecycle: { preStop: { tcpSocket: { port: 80, host: "::1" } } },
        },
      ],
    },
    'probe or lifecycle host (container "c" uses probe or lifecycle hosts "127.0.0.1", "::1")',
  ],
];
for (const [spec, text] of baseline) {
  test(`baseline says of ${JSON.stringify(spec)}: ${text || "nothing"}`, () =>
    equal(told("baseline", spec), text));
}

test("baseline looks at AppArmor annotations", () => {
  const key = "container.apparmor.security.beta.kubernetes.io/c";
  equal(
    told("baseline", {}, { [key]: "unconfined" }),
    `forbidden AppArmor profile (annotation must not set AppArmor profile type to "${key}="unconfined"")`,
  );
  equal(told("baseline", {}, { [key]: "runtime/default" }), "");
});

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};
const allMissing =
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const restricted: readonly (readonly [object, string])[] = [
  [{}, allMissing],
  [{ containers: [container(hardened)] }, ""],
  [
    {
      containers: [container({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } })],
      securityContext: {
        runAsNonRoot: true,
        seccompProfile: { type: "Localhost", localhostProfile: "p" },
      },
    },
    "",
  ],
  [
    {
      containers: [
        container({
          ...hardened,
          capabilities: { drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"] },
        }),
      ],
    },
    'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
  ],
  [
    { containers: [container({ ...hardened, runAsNonRoot: false, runAsUser: 0 })] },
    'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "c" must not set runAsUser=0)',
  ],
  [
    {
      containers: [container(hardened)],
      volumes: [
        { name: "a", nfs: { server: "s", path: "/" } },
        { name: "b", hostPath: { path: "/" } },
      ],
    },
    'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
  ],
  [
    { containers: [container({ ...hardened, seccompProfile: { type: "Unconfined" } })] },
    'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
];
for (const [spec, text] of restricted) {
  test(`restricted says of ${JSON.stringify(spec)}: ${text || "nothing"}`, () =>
    equal(told("restricted", spec), text));
}

const namespaceWith = (labels: object) =>
  readerOf([Namespace, { metadata: { name: "blue", labels } }]);
const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;

test("a namespace without labels lets every pod in", async () => {
  await admit(podSecurity, [Pod, pod({ hostNetwork: true })], { reader: namespaceWith({}) });
});

test("what a namespace enforces is refused, what it warns of is told", async () => {
  const reader = namespaceWith({
    [label("enforce")]: "baseline",
    [label("enforce-version")]: "v1.30",
    [label("warn")]: "restricted",
  });
  await rejects(admit(podSecurity, [Pod, pod({ hostIPC: true })], { reader }), {
    code: 403,
    message:
      'pods "p" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostIPC=true)',
  });
  const { warnings } = await admit(podSecurity, [Pod, pod({})], { reader });
  deepEqual(warnings, [`would violate PodSecurity "restricted:latest": ${allMissing}`]);
});

test("a change of what does not matter is not checked again", async () => {
  const reader = namespaceWith({ [label("enforce")]: "restricted" });
  const old = pod({ hostNetwork: true });
  const relabelled = { ...old, metadata: { ...old.metadata, labels: { a: "b" } } };
  await admit(podSecurity, [Pod, relabelled], { reader, old });
  const changed = pod({ hostNetwork: true, containers: [{ name: "c", image: "other" }] });
  await rejects(admit(podSecurity, [Pod, changed], { reader, old }), /violates PodSecurity/);
});

test("a template whose pods would only be warned about is warned about", async () => {
  const reader = namespaceWith({ [label("warn")]: "baseline" });
  const template = pod({ hostNetwork: true });
  const deployment = { metadata: { name: "d", namespace: "blue" }, spec: { template } };
  const { warnings } = await admit(podTemplateSecurity as Admission, [Deployment, deployment], {
    reader,
  });
  deepEqual(warnings, [
    'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  ]);
});

test("labels must name a level and a version", async () => {
  const labels = { [label("enforce")]: "strict", [label("audit-version")]: "1.30" };
  const { errors } = await admit(namespaceSecurity, [
    Namespace,
    { metadata: { name: "blue", labels } },
  ]);
  deepEqual(errors, [
    'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    'metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "1.30": must be "latest" or "v1.x"',
  ]);
});

test("a stricter namespace tells which of its pods are too loose", async () => {
  const at = (name: string, spec: object) =>
    [Pod, { ...pod(spec), metadata: { name, namespace: "blue" } }] as const;
  const reader = readerOf(at("a", { hostPID: true }), at("b", { hostPID: true }), at("fine", {}));
  const strict = { metadata: { name: "blue", labels: { [label("enforce")]: "baseline" } } };
  const old = { metadata: { name: "blue" } };
  const { warnings } = await admit(namespaceSecurity, [Namespace, strict], { reader, old });
  deepEqual(warnings, [
    'existing pods in namespace "blue" violate the new PodSecurity enforce level "baseline:latest"',
    "a (and 1 other pod): host namespaces",
  ]);
  const again = await admit(namespaceSecurity, [Namespace, strict], { reader, old: strict });
  deepEqual(again.warnings, []);
});
