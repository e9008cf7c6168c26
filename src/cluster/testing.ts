/** `k8ts/testing`: a whole cluster in the process of a test, that can read files and be reached. */
import {
  type Cluster,
  type ClusterOptions,
  createCluster as createSimulated,
} from "#sim/testing.ts";
import { outsideWorld } from "./outside-world.ts";

export type * from "#sim/testing.ts";

/** Resolves when all nodes are ready. */
export const createCluster = (options: ClusterOptions = {}): Promise<Cluster> =>
  createSimulated({ outside: outsideWorld(), ...options });
