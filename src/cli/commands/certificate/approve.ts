import { decide, decisionFlags } from "#cli/certificate-decision.ts";
import { defineCommand } from "#cli/command.ts";

export const certificateApprove = defineCommand({
  name: "certificate approve",
  usage: "NAME...",
  summary: "Approve requests for certificates",
  examples: ["k8ts certificate approve jane"],
  group: "cluster",
  flags: decisionFlags,
  run: (shell, call) =>
    decide(shell, call, {
      type: "Approved",
      reason: "KubectlApprove",
      message: "This CSR was approved by kubectl certificate approve.", // exact: kubectl
      verb: "approved",
    }),
});
