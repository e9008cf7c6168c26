/** A volume that is made for the pod and goes with it: a claim named after both. */
import { setUpClaim } from "./persistent-volume-claim.ts";
import { defineVolume } from "./volume.ts";

export const ephemeral = defineVolume({
  of: "ephemeral",
  folder: "kubernetes.io~local-volume",
  setUp: (_source, context) => {
    const { metadata } = context.pod;
    const claimName = `${metadata.name}-${context.name}`;
    return setUpClaim({ claimName, readOnly: false }, context, (claim) =>
      (claim.metadata.ownerReferences ?? []).some(
        ({ controller, uid }) => controller && uid === metadata.uid,
      ),
    );
  },
});
