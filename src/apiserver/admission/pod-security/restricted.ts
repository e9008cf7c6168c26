/**
 * The restricted level: current best practice for hardening. In the order of upstream's ids.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { addedBeyond } from "./baseline.ts";
import {
  type Check,
  containersOf,
  containersWhere,
  isWindows,
  named,
  plural,
  quoted,
  setters,
  sortedSet,
} from "./check.ts";

export const allowPrivilegeEscalation: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const names = containersWhere(pod, (context) => context.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named("container", names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const bindOnly: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

export const noCapabilities: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const keeping = containersWhere(pod, (c) => !c.capabilities?.drop?.includes("ALL"));
  const added = addedBeyond(pod, bindOnly);
  const parts = [
    ...(keeping.length > 0
      ? [`${named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(added === undefined ? [] : [added]),
  ];
  return parts.length === 0
    ? undefined
    : { reason: "unrestricted capabilities", detail: parts.join("; ") };
};

const volumeTypes: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

export const restrictedVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? [])
    .map(({ name, ...source }) => ({ name, type: Object.keys(source)[0] ?? "unknown" }))
    .filter(({ type }) => !volumeTypes.has(type));
  if (bad.length === 0) return undefined;
  const names = bad.map(({ name }) => name);
  const types = sortedSet(bad.map(({ type }) => type));
  const use = plural(names.length, "uses", "use");
  return {
    reason: "restricted volume types",
    detail: `${named("volume", names)} ${use} ${plural(types.length, "restricted volume type")} ${quoted(types)}`,
  };
};

export const runAsNonRoot: Check = (pod) => {
  const own = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    own === false,
    containersWhere(pod, (context) => context.runAsNonRoot === false),
  );
  const reason = "runAsNonRoot != true";
  if (who !== undefined)
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = own ? [] : containersWhere(pod, (c) => c.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${named("container", silent)} must set securityContext.runAsNonRoot=true`,
  };
};

export const runAsUser: Check = (pod) => {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    containersWhere(pod, (context) => context.runAsUser === 0),
  );
  return who === undefined
    ? undefined
    : { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
};

export const seccompSet: Check = (pod) => {
  if (isWindows(pod)) return undefined;
  const own = pod.spec.securityContext?.seccompProfile?.type;
  const isBad = (type: string | undefined): boolean => type === "Unconfined";
  const who = setters(
    isBad(own),
    containersWhere(pod, (context) => isBad(context.seccompProfile?.type)),
  );
  const field = "securityContext.seccompProfile.type";
  const reason = "seccompProfile";
  if (who !== undefined) {
    const types = containersOf(pod.spec).map((c) => c.securityContext?.seccompProfile?.type);
    const bad = sortedSet([own, ...types].filter(isBad) as string[]);
    return { reason, detail: `${who} must not set ${field} to ${quoted(bad)}` };
  }
  const silent = own ? [] : containersWhere(pod, (c) => !c.seccompProfile);
  if (silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${named("container", silent)} must set ${field} to "RuntimeDefault" or "Localhost"`,
  };
};
