/** Whether a container that ended is started again. upstream: pkg/api/v1/pod/util.go#ContainerShouldRestart */
import type { Container, ContainerRestartRule } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";

type Restarting = Pick<Container, "restartPolicy" | "restartPolicyRules">;

/** The first of its own rules that is about this exit code. */
export const ruleForExit = (
  { restartPolicyRules = [] }: Restarting,
  exitCode: number,
): ContainerRestartRule | undefined =>
  restartPolicyRules.find(({ exitCodes }) => {
    if (!exitCodes) return false;
    const isListed = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === "NotIn" ? !isListed : isListed;
  });

/** By its own rules, else its own policy, else that of the pod. */
export function mayRestart(container: Restarting, pod: PodSpec, exitCode: number): boolean {
  const { restartPolicy: own } = container;
  if (own !== undefined && ruleForExit(container, exitCode)) return true;
  const policy = own ?? pod.restartPolicy;
  return policy === "OnFailure" ? exitCode !== 0 : policy !== "Never";
}

/** One of its containers can have all of them start again. */
export const mayRestartAll = ({ containers, initContainers = [] }: PodSpec): boolean =>
  [...containers, ...initContainers].some(
    ({ restartPolicyRules }) =>
      restartPolicyRules?.some(({ action }) => action === "RestartAllContainers") ?? false,
  );
