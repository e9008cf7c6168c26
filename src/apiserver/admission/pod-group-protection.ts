import { PodGroup, protectionFinalizer } from "#api/scheduling/podgroup.ts";
import { defineAdmission } from "./admission.ts";
import { hold } from "./hold.ts";

/**
 * Pod groups stay until no pod of theirs runs: a finalizer, which a controller takes off.
 * upstream: plugin/pkg/admission/scheduling/podgroupprotection
 */
export const podGroupProtection = defineAdmission<PodGroup>({
  name: "PodGroupProtection",
  on: [PodGroup],
  when: ["CREATE"],

  mutate: ({ metadata }) => hold(metadata, protectionFinalizer),
});
