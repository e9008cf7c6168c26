/**
 * The baseline level: what is known to lead out of a container. In the order of upstream's ids.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import type { Probe } from "#api/core/probe.ts";
import { safeSysctls } from "#api/core/safe-sysctls.ts";
import {
  type AnyContainer,
  type Check,
  containersOf,
  containersWhere,
  named,
  plural,
  quoted,
  setters,
  sortedSet,
} from "./check.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

const isGoodAnnotation = (value: string): boolean =>
  value === "" || value === "runtime/default" || value.startsWith("localhost/");

export const appArmor: Check = ({ metadata, spec }) => {
  const isBad = (type: string | undefined): boolean => type === "Unconfined";
  const own = spec.securityContext?.appArmorProfile?.type;
  const types = containersOf(spec).map((c) => c.securityContext?.appArmorProfile?.type);
  const bad = containersWhere({ metadata, spec }, (c) => isBad(c.appArmorProfile?.type));
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !isGoodAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const values = [
    ...sortedSet([own, ...types].filter((type) => type !== undefined && isBad(type)) as string[]),
    ...annotations,
  ];
  if (values.length === 0) return undefined;
  const who = [
    setters(isBad(own), bad),
    annotations.length > 0 ? plural(annotations.length, "annotation") : undefined,
  ].filter((one) => one !== undefined);
  return {
    reason: plural(values.length, "forbidden AppArmor profile"),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${values.map((value) => `"${value}"`).join(", ")}`,
  };
};

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** Who adds capabilities other than these, and which. */
export function addedBeyond(
  pod: Parameters<Check>[0],
  allowed: ReadonlySet<string>,
): string | undefined {
  const beyond = (added: readonly string[] = []): readonly string[] =>
    added.filter((one) => !allowed.has(one));
  const names = containersWhere(pod, (c) => beyond(c.capabilities?.add).length > 0);
  if (names.length === 0) return undefined;
  const added = containersOf(pod.spec).flatMap((c) => beyond(c.securityContext?.capabilities?.add));
  return `${named("container", names)} must not include ${quoted(sortedSet(added))} in securityContext.capabilities.add`;
}

export const capabilities: Check = (pod) => {
  const detail = addedBeyond(pod, defaultCapabilities);
  return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
};

export const hostNamespaces: Check = ({ spec }) => {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name]);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((name) => `${name}=true`).join(", ") };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return names.length === 0
    ? undefined
    : { reason: "hostPath volumes", detail: named("volume", names) };
};

export const hostPorts: Check = (pod) => {
  const portsOf = ({ ports = [] }: AnyContainer): readonly string[] =>
    ports.flatMap(({ hostPort }) => (hostPort ? String(hostPort) : []));
  const names = containersWhere(pod, (_, container) => portsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = sortedSet(containersOf(pod.spec).flatMap(portsOf));
  const use = plural(names.length, "uses", "use");
  return {
    reason: "hostPort",
    detail: `${named("container", names)} ${use} ${plural(ports.length, "hostPort")} ${ports.join(", ")}`,
  };
};

type Handler = Pick<Probe, "httpGet" | "tcpSocket">;

const hostsOf = (container: AnyContainer): readonly string[] => {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const handlers: readonly (Partial<Handler> | undefined)[] = [
    livenessProbe,
    readinessProbe,
    startupProbe,
    lifecycle?.postStart,
    lifecycle?.preStop,
  ];
  return handlers
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter((host) => host !== undefined && host !== "") as string[];
};

export const hostProbes: Check = (pod) => {
  const names = sortedSet(containersWhere(pod, (_, container) => hostsOf(container).length > 0));
  if (names.length === 0) return undefined;
  const hosts = sortedSet(containersOf(pod.spec).flatMap(hostsOf));
  const use = plural(names.length, "uses", "use");
  return {
    reason: "probe or lifecycle host",
    detail: `${named("container", names)} ${use} ${plural(hosts.length, "probe or lifecycle host")} ${quoted(hosts)}`,
  };
};

export const privileged: Check = (pod) => {
  const names = containersWhere(pod, (context) => context.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${named("container", names)} must not set securityContext.privileged=true`,
  };
};

export const procMount: Check = (pod) => {
  // In a user namespace of its own a pod sees nothing that is not its own.
  if (pod.spec.hostUsers === false) return undefined;
  return unmaskedProc(pod);
};

export const unmaskedProc: Check = (pod) => {
  const isBad = (value: string | undefined): boolean => value !== undefined && value !== "Default";
  const names = containersWhere(pod, (context) => isBad(context.procMount));
  if (names.length === 0) return undefined;
  return {
    reason: "procMount",
    detail: `${named("container", names)} must not set securityContext.procMount to "Unmasked"`,
  };
};

const seLinuxTypes: ReadonlySet<string> = new Set([
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);

export const seLinux: Check = (pod) => {
  const isBad = ({ type = "", user = "", role = "" }): boolean =>
    !seLinuxTypes.has(type) || user !== "" || role !== "";
  const own = pod.spec.securityContext?.seLinuxOptions ?? {};
  const who = setters(
    isBad(own),
    containersWhere(pod, (context) => isBad(context.seLinuxOptions ?? {})),
  );
  if (who === undefined) return undefined;
  const all = [own, ...containersOf(pod.spec).map((c) => c.securityContext?.seLinuxOptions ?? {})];
  const types = sortedSet(all.flatMap(({ type = "" }) => (seLinuxTypes.has(type) ? [] : [type])));
  const what = [
    ...(types.length > 0 ? [`${plural(types.length, "type")} ${quoted(types)}`] : []),
    ...(all.some(({ user }) => user) ? ["user may not be set"] : []),
    ...(all.some(({ role }) => role) ? ["role may not be set"] : []),
  ];
  return {
    reason: "seLinuxOptions",
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
  };
};

export const seccomp: Check = (pod) => {
  const isBad = (type: string | undefined): boolean => type === "Unconfined";
  const who = setters(
    isBad(pod.spec.securityContext?.seccompProfile?.type),
    containersWhere(pod, (context) => isBad(context.seccompProfile?.type)),
  );
  if (who === undefined) return undefined;
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to "Unconfined"`,
  };
};

export const sysctls: Check = ({ spec }) => {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
  const forbidden = names.filter((name) => !safeSysctls.has(name));
  return forbidden.length === 0
    ? undefined
    : { reason: "forbidden sysctls", detail: forbidden.join(", ") };
};

export const hostProcess: Check = (pod) => {
  const who = setters(
    pod.spec.securityContext?.windowsOptions?.hostProcess === true,
    containersWhere(pod, (context) => context.windowsOptions?.hostProcess === true),
  );
  if (who === undefined) return undefined;
  return {
    reason: "hostProcess",
    detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};
