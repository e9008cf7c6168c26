/**
 * A pod's sandbox as the runtime wants it described.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { PortMapping, SandboxConfig } from "../runtime.ts";
import { type DnsFacts, dnsOf } from "./dns.ts";
import { hostNameOf } from "./host-names.ts";
import { sandboxLabels } from "./labels.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxFacts {
  readonly pod: Pod;
  readonly attempt: number;
  readonly logFolder: string;
  readonly cgroupParent: string;
  readonly seccompFolder: string;
  readonly dns: DnsFacts;
}

export function sandboxConfig(facts: SandboxFacts): SandboxConfig {
  const { pod, attempt, dns } = facts;
  const { name = "", uid = "", namespace = "", annotations = {} } = pod.metadata;
  return {
    metadata: { name, uid, namespace, attempt },
    hostname: pod.spec.hostNetwork ? "" : hostNameOf(pod, dns.clusterDomain).host,
    logDirectory: facts.logFolder,
    dnsConfig: dnsOf(pod, dns),
    portMappings: pod.spec.hostNetwork ? [] : portMappingsOf(pod),
    labels: sandboxLabels(pod),
    annotations,
    linux: {
      cgroupParent: facts.cgroupParent,
      securityContext: sandboxSecurity(pod, facts.seccompFolder),
      sysctls: sysctlsOf(pod),
    },
  };
}

/** Sidecars have ports as well. */
function portMappingsOf({ spec }: Pod): readonly PortMapping[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, containerPort, protocol = "TCP", hostIP = "" }) =>
      hostPort > 0 ? [{ protocol, containerPort, hostPort, hostIp: hostIP }] : [],
    ),
  );
}

/** Kernels and runc know them with dots. */
const sysctlsOf = ({ spec }: Pod): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (spec.securityContext?.sysctls ?? []).map(({ name, value }) => [
      name.replaceAll("/", "."),
      value,
    ]),
  );
