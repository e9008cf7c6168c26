/** The kubectl that tests use: the real one where there is one that is new enough; else our own, which does the same. */
import { join } from "node:path";
import { type Outcome, root } from "./machine.ts";

export const k8tsProgram = join(root, "k8ts");

const oldestMinor = 28;

interface ClientVersion {
  readonly clientVersion: { readonly minor: string };
}

type Run = (program: string, args: readonly string[]) => Promise<Pick<Outcome, "code" | "stdout">>;

/** The program, and the words that come before all others. */
export async function kubectlProgram(run: Run): Promise<[string, ...string[]]> {
  const asked = await run("kubectl", ["version", "--client", "--output=json"]);
  const known = asked.code === 0 ? (JSON.parse(asked.stdout) as ClientVersion) : undefined;
  if (Number.parseInt(known?.clientVersion.minor ?? "0", 10) >= oldestMinor) return ["kubectl"];
  console.log("no kubectl from 1.28 on here: the tests use k8ts kubectl");
  return [k8tsProgram, "kubectl"];
}
