/**
 * The status of a ValidatingAdmissionPolicy: what its expressions do not fit.
 * differs: it is there with the policy itself; upstream's controller writes it a moment later.
 * The server alone knows the types of all kinds, custom ones too, so no controller could do more.
 * upstream: pkg/controller/validatingadmissionpolicystatus/controller.go
 */
import { ValidatingAdmissionPolicy } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import { assert } from "#base/assert.ts";
import { equal } from "#schema/copy.ts";
import type { Admission, AdmissionRequest } from "../admission.ts";
import type { KindRegistry } from "#apiserver/kinds.ts";
import { expressionWarnings } from "./type-check.ts";

export function policyStatus(): Admission<ValidatingAdmissionPolicy> {
  let kinds: KindRegistry | undefined;
  return {
    name: "ValidatingAdmissionPolicyStatus",
    on: [ValidatingAdmissionPolicy],
    when: ["CREATE", "UPDATE"],
    isClaimEditing: true,
    attach: (site) => {
      kinds = site.kinds;
    },
    // The last step, when the generation is known.
    claim(draft, { old }: AdmissionRequest<ValidatingAdmissionPolicy>) {
      assert(kinds, "the plugin is attached before it is used");
      const { spec, metadata } = draft as ValidatingAdmissionPolicy;
      const observedGeneration = metadata.generation ?? 0;
      if (old && equal(old.spec, spec) && old.status?.typeChecking) return [];
      const warnings = expressionWarnings(spec, kinds);
      draft.status = {
        ...draft.status,
        observedGeneration,
        typeChecking: warnings.length > 0 ? { expressionWarnings: [...warnings] } : {},
      };
      return [];
    },
  };
}
