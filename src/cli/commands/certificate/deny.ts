import { decide, decisionFlags } from "#cli/certificate-decision.ts";
import { defineCommand } from "#cli/command.ts";

export const certificateDeny = defineCommand({
  name: "certificate deny",
  usage: "NAME...",
  summary: "Deny requests for certificates",
  examples: ["k8ts certificate deny jane"],
  group: "cluster",
  flags: decisionFlags,
  run: (shell, call) =>
    decide(shell, call, {
      type: "Denied",
      reason: "KubectlDeny",
      message: "This CSR was denied by kubectl certificate deny.", // exact: kubectl
      verb: "denied",
    }),
});
