/** Memory that was moved to disk. */
import type { GroupDetails } from "../group-details.ts";
import type { DetailedUsage } from "./detailed-usage.ts";

export interface SwapUse {
  readonly usedBytes: number;
  /** Absent where it is not limited. */
  readonly limitBytes?: number | undefined;
}

/** By the uid of a pod or the id of a container; "/" is the node. Undefined where nobody knows. */
export type SwapOf = (key: string) => SwapUse | undefined;

/** A machine without swap needs no looking: nothing on it uses any. */
export const noSwap: SwapOf = () => ({ usedBytes: 0 });
export const unknownSwap: SwapOf = () => undefined;

export function swapIn({ node, pods }: DetailedUsage): SwapOf {
  const found = new Map([
    ["/", useOf(node.details)],
    ...pods.flatMap(({ uid, details, containers }) => [
      [uid, useOf(details)] as const,
      ...containers.map((container) => [container.id, useOf(container.details)] as const),
    ]),
  ]);
  return (key) => found.get(key);
}

function useOf(details: GroupDetails | undefined): SwapUse | undefined {
  const usedBytes = details?.memory?.swap;
  if (usedBytes === undefined) return undefined;
  return { usedBytes, limitBytes: details?.bounds?.swapBytes };
}
