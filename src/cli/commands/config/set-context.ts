/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/set_context.go */
import { type Call, defineCommand } from "#cli/command.ts";
import { compact } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";
import { flag } from "#cli/flags.ts";

const flags = {
  current: flag.switch("change the current context"),
  cluster: flag.text("the name of its cluster", { value: "NAME" }),
  user: flag.text("the name of its user", { value: "NAME" }),
  namespace: flag.text("its namespace", { short: "n", value: "NAME" }),
} as const;

export const configSetContext = defineCommand({
  name: "config set-context",
  usage: "(NAME | --current) [--cluster=NAME] [--user=NAME] [--namespace=NAME]",
  summary: "Make or change a context of the kubeconfig",
  examples: ["k8ts config set-context --current --namespace=dev"],
  group: "settings",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    const files = await openConfig(shell, given);
    const name = nameOf(call, files.merged["current-context"]);
    const before = files.find("contexts", name);
    const { cluster, user, namespace } = given;
    const asked = Object.entries({ cluster, user, namespace }).filter(([key]) =>
      call.given.has(key),
    );
    const entry = compact({ ...before, ...Object.fromEntries(asked) });
    await files.change({
      list: "contexts",
      name,
      entry: { cluster: "", user: "", ...entry },
    });
    shell.output.write(`Context "${name}" ${before ? "modified" : "created"}.\n`); // exact: kubectl
  },
});

// exact: kubectl, the messages
function nameOf({ args, flags: given }: Call<typeof flags>, current: string): string {
  const [name = "", ...more] = args;
  if (more.length > 0) throw new Error(`Unexpected args: [${args.join(" ")}]`);
  if (given.current && name !== "")
    throw new Error("you cannot specify both a context name and --current");
  if (!given.current && name === "")
    throw new Error("you must specify a non-empty context name or --current");
  if (given.current && current === "") throw new Error("no current context is set");
  return given.current ? current : name;
}
