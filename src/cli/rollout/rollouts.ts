/** The kinds that `rollout` knows. */
import { daemonSet } from "./daemonset.ts";
import { deployment } from "./deployment.ts";
import type { AnyRollout } from "./rollout.ts";
import { statefulSet } from "./statefulset.ts";

export const rollouts: readonly AnyRollout[] = [daemonSet, deployment, statefulSet];
