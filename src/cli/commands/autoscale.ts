/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go */
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { defineCommand } from "../command.ts";
import { createIn, creation, creationFlags } from "../create/creation.ts";
import { flag } from "../flags.ts";
import { fileFlags } from "../resources/files.ts";
import { forEachTarget, selectObjects } from "../resources/select.ts";
import { openSession } from "../session.ts";

export const autoscale = defineCommand({
  name: "autoscale",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) --max=COUNT [--min=COUNT] [--cpu=PERCENT]",
  summary: "Let a deployment, replica set, stateful set or controller size itself",
  examples: ["k8ts autoscale deploy/web --min=2 --max=10 --cpu=80%"],
  group: "deploy",
  flags: {
    ...creationFlags,
    ...fileFlags,
    min: flag.int("at least so many pods", { value: "COUNT", fallback: -1 }),
    max: flag.requiredInt("at most so many pods", { value: "COUNT" }),
    "cpu-percent": flag.int("the use of processors to aim at", { value: "PERCENT", fallback: -1 }),
    cpu: flag.text("the use of processors to aim at", { value: "PERCENT", fallback: "" }),
    name: flag.text("the autoscaler's name; the target's own unless said", { fallback: "" }),
  },

  async run(shell, call) {
    const { flags: given, args } = call;
    const { max, min } = given;
    // exact: kubectl, the messages
    if (max < 1) throw new Error(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min)
      throw new Error(
        `--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`,
      );
    const percent = percentOf(given);
    const session = await openSession(shell, call);
    const found = await selectObjects(session, { args, ...given });
    await forEachTarget(found, async ({ resource: { kind }, name }) => {
      const made = creation(
        HorizontalPodAutoscaler,
        {
          metadata: { name: given.name || name },
          spec: {
            scaleTargetRef: { apiVersion: kind.apiVersion, kind: kind.kind, name },
            maxReplicas: max,
            ...(min > 0 ? { minReplicas: min } : {}),
            ...(percent > 0 ? { metrics: [cpuMetric(percent)] } : {}),
          },
        },
        "",
      );
      await createIn(session, { ...call, flags: given }, { ...made, done: "autoscaled" });
    });
  },
});

const cpuMetric = (averageUtilization: number) =>
  ({
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
  }) as const;

function percentOf({
  cpu,
  "cpu-percent": percent,
}: {
  cpu: string;
  "cpu-percent": number;
}): number {
  const found = /^(\d+)%?$/.exec(cpu)?.[1];
  if (cpu !== "" && found === undefined) throw new Error(`invalid --cpu: ${cpu}`);
  return found === undefined ? percent : Number(found);
}
