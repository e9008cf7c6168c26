/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/taint/taint.go */
import { defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { isTaintSpec, parseTaints, retaint, type Taint } from "../nodes/taints.ts";
import { patchObject } from "../resources/objects.ts";
import { forEachTarget, selectionFlags, selectObjects } from "../resources/select.ts";
import { writeFlags, writingOf } from "../resources/writing.ts";
import { openSession } from "../session.ts";

export const taint = defineCommand({
  name: "taint",
  usage: "node NAME KEY=VALUE:EFFECT... KEY-...",
  summary: "Set or remove taints of nodes: which pods they keep away",
  examples: [
    "k8ts taint node n1 dedicated=db:NoSchedule",
    "k8ts taint node n1 dedicated:NoSchedule-",
    "k8ts taint nodes --all maintenance-",
  ],
  group: "settings",
  flags: {
    ...writeFlags("kubectl-taint"),
    selector: selectionFlags.selector,
    all: flag.switch("all nodes"),
    overwrite: flag.switch("change taints that are there"),
  },

  async run(shell, call) {
    const at = call.args.findIndex((arg, i) => i > 0 && isTaintSpec(arg));
    const names = at < 0 ? call.args : call.args.slice(0, at);
    // exact: kubectl
    if (at < 0) throw new Error("at least one taint update is required");
    const change = parseTaints(call.args.slice(at));
    const { flags } = call;
    const writing = await writingOf(shell, flags);
    const session = await openSession(shell, call);
    const [type = ""] = names;
    if ((await session.discovered()).find(type.split("/")[0] ?? "")?.kind.plural !== "nodes")
      throw new Error(`invalid resource type ${type}, only node types are supported`); // exact: kubectl
    const found = await selectObjects(session, { ...flags, args: names, takesAll: flags.all });
    await forEachTarget(found, async (target) => {
      const spec = (target.object["spec"] ?? {}) as { readonly taints?: readonly Taint[] };
      const { overwrite } = flags;
      const { taints, done } = retaint(target.name, spec.taints ?? [], { ...change, overwrite });
      if (writing.dryRun === "client")
        return writing.say({ ...target.object, spec: { ...spec, taints } }, done);
      // The whole list: that it is still the one we saw is for the server to check.
      const { resourceVersion } = target.object.metadata;
      const patch = { metadata: { resourceVersion }, spec: { taints } };
      const changed = await patchObject(session, target, {
        ...writing.options,
        is: "merge",
        patch,
      });
      writing.say(changed, done);
    });
  },
});
