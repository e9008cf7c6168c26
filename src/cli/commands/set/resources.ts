/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/set/set_resources.go */
import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { openSession } from "#cli/session.ts";
import { canonicalQuantity } from "#base/quantity.ts";
import {
  changeContainers,
  changePodSpecs,
  containersFlag,
  isNamed,
  type Resources,
  setFlags,
} from "#cli/set/pod-specs.ts";

export const setResources = defineCommand({
  name: "set resources",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) --limits=AMOUNTS --requests=AMOUNTS",
  summary: "Change what containers may use, and what is kept for them",
  examples: ["k8ts set resources deploy/web --limits=cpu=500m,memory=1Gi --requests=cpu=100m"],
  group: "deploy",
  flags: {
    ...setFlags,
    containers: containersFlag,
    limits: flag.text("the most that they may use", { value: "cpu=1,memory=1Gi", fallback: "" }),
    requests: flag.text("what is kept for them", { value: "cpu=1,memory=1Gi", fallback: "" }),
  },

  async run(shell, call) {
    const { limits, requests, containers } = call.flags;
    // exact: kubectl
    if (limits === "" && requests === "")
      throw new Error(
        "you must specify an update to requests or limits (in the form of --requests/--limits)",
      );
    const amounts = { limits: amountsOf(limits), requests: amountsOf(requests) };
    const session = await openSession(shell, call);
    await changePodSpecs(session, {
      call,
      done: "resource requirements updated",
      change: (spec) =>
        changeContainers(
          spec,
          ({ name }) => isNamed(name, containers),
          (container) => ({
            ...container,
            resources: { ...container.resources, ...merged(container.resources, amounts) },
          }),
        ),
    });
  },
});

type Amounts = Readonly<Record<string, string>>;

// exact: kubectl, the messages
function amountsOf(text: string): Amounts {
  const pairs = text.split(",").filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", amount, ...more] = pair.split("=");
      if (amount === undefined || more.length > 0)
        throw new Error(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      return [name, canonicalQuantity(amount) ?? wrongAmount(amount)];
    }),
  );
}

function wrongAmount(amount: string): never {
  throw new Error(
    `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': ${amount}`,
  );
}

/** An amount of 0 takes the limit away. */
function merged(
  old: Resources,
  { limits, requests }: { readonly limits: Amounts; readonly requests: Amounts },
): Resources {
  const both = { limits: { ...old.limits, ...limits }, requests: { ...old.requests, ...requests } };
  return Object.fromEntries(
    Object.entries(both)
      .map(([name, amounts]) => [
        name,
        Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== "0")),
      ])
      .filter(([, amounts]) => Object.keys(amounts ?? {}).length > 0),
  ) as Resources;
}
