/** differs: upstream has no such command; the scheduler's reasons are events and a condition there. */
import type { PodPlacement } from "#api/core/pod-placement.ts";
import { defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { placementText } from "../print/placement.ts";
import { ask } from "../resources/rest.ts";
import { openSession } from "../session.ts";

export const why = defineCommand({
  name: "why",
  usage: "pod/NAME",
  summary: "Explain why a pod has no node, or the one it has",
  examples: [
    "k8ts why pod/web-0",
    "k8ts why pod/web-0 -n shop --all-nodes",
    "k8ts why pod/web-0 --output=json",
  ],
  group: "debug",
  flags: {
    output: flag.oneOf(["text", "json"], "the form of the output", {
      short: "o",
      fallback: "text",
    }),
    "all-nodes": flag.switch("every node in the text, not only a few of each sort"),
  },

  async run(shell, call) {
    const name = podName(call.args);
    const { output, "all-nodes": showsAll } = call.flags;
    const session = await openSession(shell, call);
    const path = `/api/v1/namespaces/${session.namespace}/pods/${encodeURIComponent(name)}/why`;
    const placement = await ask<PodPlacement>(session, { method: "GET", path });
    shell.output.write(
      output === "json"
        ? `${JSON.stringify(placement, undefined, 2)}\n`
        : placementText(placement, { showsAll }),
    );
  },
});

const types: ReadonlySet<string> = new Set(["pod", "pods", "po"]);

/** `pod/web` and `pod web`. */
function podName(args: readonly string[]): string {
  const [first = "", second, ...others] = args;
  const [type = "", name = second] = first.split("/");
  if (others.length > 0 || !types.has(type) || !name)
    throw new UsageError("why needs one pod: why pod/NAME");
  return name;
}
