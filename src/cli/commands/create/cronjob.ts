import { CronJob } from "#api/batch/cronjob.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";

export const createCronJob = defineCommand({
  name: "create cronjob",
  aliases: ["create cj"],
  usage: "NAME --image=IMAGE --schedule='0 3 * * *' [-- COMMAND ARGS...]",
  summary: "Create a cron job that runs an image again and again",
  examples: ["k8ts create cronjob nightly --image=busybox --schedule='0 3 * * *' -- date"],
  group: "basic",
  flags: {
    ...creationFlags,
    image: flag.requiredText("the image to run", { value: "IMAGE" }),
    schedule: flag.requiredText("when, in cron's format", { value: "TEXT" }),
    restart: flag.text("what happens to a container that fails: OnFailure or Never", {
      value: "POLICY",
      fallback: "",
    }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { image, schedule, restart } = call.flags;
    const command = call.rest.length > 0 ? { command: call.rest } : {};
    await create(shell, call, () =>
      creation(CronJob, {
        metadata: { name },
        spec: {
          schedule,
          jobTemplate: {
            metadata: { name },
            spec: {
              template: {
                spec: {
                  containers: [{ name, image, ...command }],
                  restartPolicy: (restart || "OnFailure") as "OnFailure",
                },
              },
            },
          },
        },
      }),
    );
  },
});
