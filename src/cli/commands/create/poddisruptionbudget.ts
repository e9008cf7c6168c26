import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";

export const createPodDisruptionBudget = defineCommand({
  name: "create poddisruptionbudget",
  aliases: ["create pdb"],
  usage: "NAME --selector=SELECTOR --min-available=N|N%",
  summary: "Create a budget: how many pods may be missing at a time",
  examples: ["k8ts create poddisruptionbudget web --selector=app=web --min-available=50%"],
  group: "basic",
  flags: {
    ...creationFlags,
    selector: flag.text("the pods that it is about", { value: "KEY=VALUE,...", fallback: "" }),
    "min-available": flag.text("so many pods must be there", { value: "N|N%", fallback: "" }),
    "max-unavailable": flag.text("so many pods may be missing", { value: "N|N%", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { selector } = call.flags;
    const least = call.flags["min-available"];
    const most = call.flags["max-unavailable"];
    // exact: kubectl
    if (selector === "") throw new Error("a selector must be specified");
    if (least === "" && most === "")
      throw new Error("one of min-available or max-unavailable must be specified");
    if (least !== "" && most !== "")
      throw new Error("min-available and max-unavailable cannot be both specified");
    const matchLabels = Object.fromEntries(selector.split(",").map((pair) => pair.split("=")));
    const amount =
      least === "" ? { maxUnavailable: amountOf(most) } : { minAvailable: amountOf(least) };
    await create(shell, call, () =>
      creation(
        PodDisruptionBudget,
        { metadata: { name }, spec: { ...amount, selector: { matchLabels } } },
        "failed to create poddisruptionbudgets: ",
      ),
    );
  },
});

const amountOf = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
