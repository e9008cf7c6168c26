/**
 * The three levels and what each checks. upstream: pod-security-admission/policy/registry.go
 * differs: upstream keeps the checks of every minor version; here `enforce-version` is shown, and
 * the checks are always those of this version.
 */
import * as baseline from "./baseline.ts";
import type { Check, Checked, Violation } from "./check.ts";
import * as restricted from "./restricted.ts";

export type Level = "privileged" | "baseline" | "restricted";

export interface Standard {
  readonly level: Level;
  readonly version: string;
}

const shared: readonly Check[] = [baseline.hostNamespaces];
const afterVolumes: readonly Check[] = [
  baseline.hostPorts,
  baseline.hostProbes,
  baseline.privileged,
];

/** Where the restricted level has a stricter form of a check, the baseline's is left out. */
const checks: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: [
    baseline.appArmor,
    baseline.capabilities,
    ...shared,
    baseline.hostPathVolumes,
    ...afterVolumes,
    baseline.procMount,
    baseline.seLinux,
    baseline.seccomp,
    baseline.sysctls,
    baseline.hostProcess,
  ],
  restricted: [
    baseline.appArmor,
    ...shared,
    ...afterVolumes,
    baseline.seLinux,
    baseline.sysctls,
    baseline.hostProcess,
    restricted.allowPrivilegeEscalation,
    restricted.noCapabilities,
    baseline.unmaskedProc,
    restricted.restrictedVolumes,
    restricted.runAsNonRoot,
    restricted.runAsUser,
    restricted.seccompSet,
  ],
};

export const violations = ({ level }: Standard, pod: Checked): readonly Violation[] =>
  checks[level].flatMap((check) => check(pod) ?? []);

/** `restricted:latest`, in quotes. */
export const nameOf = ({ level, version }: Standard): string =>
  JSON.stringify(`${level}:${version}`);

export const detailsOf = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");

const ranks: Readonly<Record<Level, number>> = { privileged: 0, baseline: 1, restricted: 2 };

export const isStricter = (a: Standard, b: Standard): boolean => ranks[a.level] > ranks[b.level];

export const isLevel = (text: string): text is Level => Object.hasOwn(ranks, text);
