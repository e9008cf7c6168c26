/** Approves or denies requests for certificates. upstream: staging/src/k8s.io/kubectl/pkg/cmd/certificates */
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { formatTime } from "#base/clock.ts";
import type { Shell } from "./command.ts";
import { flag, UsageError } from "./flags.ts";
import { openSession } from "./session.ts";

export const decisionFlags = {
  force: flag.switch("decide again although it was decided already"),
};

export interface Decision {
  readonly type: "Approved" | "Denied";
  readonly reason: string;
  readonly message: string;
  /** What is said when it is done. */
  readonly verb: string;
}

type Call = Parameters<typeof openSession>[1] & {
  readonly args: readonly string[];
  readonly flags: { readonly force: boolean };
};

export async function decide(shell: Shell, call: Call, decision: Decision): Promise<void> {
  // exact: kubectl
  if (call.args.length === 0)
    throw new UsageError("one or more CSRs must be specified as <name> or -f <filename>");
  const { client } = await openSession(shell, call);
  for (const name of call.args) {
    const found = await client.get(CertificateSigningRequest, { name });
    const { conditions = [] } = found.status;
    const isDecided = conditions.some(({ type }) => type === decision.type);
    if (!isDecided || call.flags.force) {
      const { type, reason, message } = decision;
      const lastUpdateTime = formatTime(shell.clock.now());
      const decided = { type, status: "True", reason, message, lastUpdateTime };
      const others = conditions.filter((condition) => condition.type !== type);
      const status = { ...found.status, conditions: [...others, decided] };
      const object = { ...found, status } as CertificateSigningRequest;
      await client.update(CertificateSigningRequest, object, { subresource: "approval" });
    }
    shell.output.write(`certificatesigningrequest.certificates.k8s.io/${name} ${decision.verb}\n`);
  }
}
