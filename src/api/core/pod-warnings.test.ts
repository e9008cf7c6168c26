import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { podTemplateWarnings } from "./pod-warnings.ts";
import { type Cases, containerWith, podOf, podWith } from "./testing.ts";

const warningsOf = (manifest: object): readonly string[] => {
  const pod: Pod = draftFrom(Pod, manifest);
  return [...(Pod.warnings?.(pod) ?? [])];
};

test("what is meant is accepted in silence", () => {
  deepEqual(warningsOf(podWith()), []);
});

test("what is probably not meant is warned of", () => {
  const port = { name: "http", containerPort: 80 };
  const cases: Cases = [
    [
      podWith({}, { name: "web.1" }),
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
    [
      podWith({ nodeSelector: { "beta.kubernetes.io/os": "linux" } }),
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
    [
      podWith({ volumes: [{ name: "a", gitRepo: { repository: "b" } }] }),
      "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
    ],
    [
      podWith({ hostAliases: [{ ip: "1.1.1.1" }, { ip: "1.1.1.1" }], imagePullSecrets: [{}] }),
      'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
      'spec.imagePullSecrets[0].name: invalid empty name ""',
    ],
    [
      podWith({ imagePullSecrets: [{}, {}] }),
      'spec.imagePullSecrets[1].name: duplicate name ""',
      'spec.imagePullSecrets[0].name: invalid empty name ""',
      'spec.imagePullSecrets[1].name: invalid empty name ""',
    ],
    [
      podWith({
        volumes: [
          {
            name: "c",
            configMap: {
              name: "m",
              items: [
                { key: "a", path: "x" },
                { key: "b", path: "x/y" },
              ],
            },
          },
          {
            name: "p",
            projected: {
              sources: [
                {},
                { secret: { name: "s", items: [{ key: "a", path: "t" }] } },
                { serviceAccountToken: { path: "t" } },
              ],
            },
          },
          { name: "o", storageos: {}, cephfs: { monitors: ["m"] } },
          {
            name: "e",
            ephemeral: {
              volumeClaimTemplate: { spec: { resources: { limits: { storage: "1500m" } } } },
            },
          },
        ],
      }),
      "spec.volumes[2].storageOS: deprecated in v1.22, non-functional in v1.25+",
      "spec.volumes[2].cephfs: deprecated in v1.28, non-functional in v1.31+",
      'spec.volumes[3].ephemeral.volumeClaimTemplate.spec.resources.limits[storage]: fractional byte value "1500m" is invalid, must be an integer',
      'volume "c" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
      'volume "p" (Projected) has no sources provided',
      'volume "p" (Projected): overlapping paths: "t" (ServiceAccountToken) with "t" (Secret "s")',
    ],
    [
      podWith({ overhead: { memory: "500m" } }),
      'spec.overhead[memory]: fractional byte value "500m" is invalid, must be an integer',
    ],
    [
      podWith({}, { annotations: { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" } }),
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
    [
      podWith(
        {
          securityContext: { seccompProfile: { type: "Unconfined" } },
        },
        { annotations: { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" } },
      ),
    ],
    [
      podWith({
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "a" }] },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: "a" } },
            ],
          },
        },
        dnsConfig: { nameservers: ["fd00::0:1"] },
      }),
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
      "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
      'spec.dnsConfig.nameservers[0]: IPv6 address "fd00::0:1" should be in RFC 5952 canonical format ("fd00::1")',
    ],
    [
      podWith({
        initContainers: [
          containerWith({ name: "i", ports: [{ containerPort: 80, hostIP: "10.0.0.1" }] }),
        ],
        containers: [
          containerWith({
            ports: [
              { containerPort: 80, hostPort: 80 },
              { containerPort: 80, hostPort: 80, hostIP: "10.0.0.2" },
            ],
          }),
        ],
      }),
      "spec.initContainers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}",
      "spec.containers[0].ports[0]: overlapping port definition with spec.initContainers[0].ports[0]",
      "spec.containers[0].ports[1]: overlapping port definition with spec.initContainers[0].ports[0]",
      "spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]",
    ],
    [
      podOf({
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "$(A)" },
        ],
      }),
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      podOf({ resources: { limits: { memory: "1500m" }, requests: { memory: "1" } } }),
      'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
    ],
    [
      podOf({ env: [{ name: "A", value: "1" }, { name: "A", value: "$(A)2" }, { name: "A" }] }),
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      podWith({
        containers: [containerWith({ ports: [port] }), containerWith({ name: "b", ports: [port] })],
      }),
      "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
      'spec.containers[1].ports[0]: duplicate port name "http" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
    ],
    [
      podWith({ topologySpreadConstraints: [{ topologyKey: "zone" }] }),
      "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
    ],
    [
      podWith({}, { annotations: { "container.apparmor.security.beta.kubernetes.io/web": "" } }),
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/web]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  ];
  for (const [manifest, ...warnings] of cases) deepEqual(warningsOf(manifest), warnings);
});

test("templates are warned of by their own path; changed pods not at all", () => {
  const pod: Pod = draftFrom(Pod, podWith({ imagePullSecrets: [{}] }));
  deepEqual(
    [...podTemplateWarnings(pod, "spec.template")],
    ['spec.template.spec.imagePullSecrets[0].name: invalid empty name ""'],
  );
  deepEqual([...(Pod.warnings?.(pod, pod) ?? [])], []);
});
