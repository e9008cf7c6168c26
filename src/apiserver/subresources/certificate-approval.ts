/** Yes or no to a certificate. upstream: pkg/registry/certificates/certificates/strategy.go */
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { keepAllButConditions, validCertificateStatus } from "#api/certificates/signing-rules.ts";
import { basedOn, partVerbs, refuse } from "./part.ts";
import { defineSubresource, type Revise } from "./subresource.ts";

export const certificateApproval = defineSubresource({
  of: CertificateSigningRequest,
  name: "approval",
  ...partVerbs,
  kind: "CertificateSigningRequest",
  edit: ((wanted, current) => {
    const draft = basedOn(wanted, current);
    draft.status = wanted.status;
    keepAllButConditions(draft.status, current.status);
    const change = {
      status: draft.status as CertificateSigningRequest["status"],
      old: current.status,
    };
    const rights = { maySetCertificate: false, mayDecide: true };
    refuse(CertificateSigningRequest, current, validCertificateStatus(change, rights));
    return draft;
  }) satisfies Revise<CertificateSigningRequest>,
});
