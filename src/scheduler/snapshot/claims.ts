/** Which volume claims pods use, and how many pods on nodes use each. */
import type { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import type { PodInfo } from "./pod-info.ts";

export interface ClaimOfPod {
  readonly name: string;
  /** It is made for the pod, and named after it. */
  readonly isEphemeral: boolean;
}

export const claimsOf = ({ metadata, spec }: Pod): readonly ClaimOfPod[] =>
  (spec.volumes ?? []).flatMap((volume): readonly ClaimOfPod[] => {
    const { name, persistentVolumeClaim, ephemeral } = volume;
    if (persistentVolumeClaim)
      return [{ name: persistentVolumeClaim.claimName, isEphemeral: false }];
    return ephemeral ? [{ name: `${metadata.name}-${name}`, isEphemeral: true }] : [];
  });

/** Whether the object is a claim that the pod uses. */
export const usesClaim = ({ pod, namespace }: PodInfo, claim: ApiObject | undefined): boolean =>
  claim?.metadata.namespace === namespace &&
  claimsOf(pod).some(({ name }) => name === claim?.metadata.name);

export class ClaimUses {
  readonly #uses = new Map<string, number>();

  /** Pods on nodes that use it. */
  of(namespace: string, name: string): number {
    return this.#uses.get(`${namespace}/${name}`) ?? 0;
  }

  count({ pod, namespace, shape }: PodInfo, sign: 1 | -1): void {
    if (!shape.usesClaims) return;
    for (const { name } of claimsOf(pod)) {
      const count = this.of(namespace, name) + sign;
      if (count > 0) this.#uses.set(`${namespace}/${name}`, count);
      else this.#uses.delete(`${namespace}/${name}`);
    }
  }
}
