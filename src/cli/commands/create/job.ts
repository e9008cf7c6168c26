/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create_job.go */
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { defineCommand } from "#cli/command.ts";
import { create, type Creation, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";
import type { Session } from "#cli/session.ts";

export const createJob = defineCommand({
  name: "create job",
  usage: "NAME --image=IMAGE [-- COMMAND ARGS...] | NAME --from=cronjob/NAME",
  summary: "Create a job that runs an image once",
  examples: [
    "k8ts create job once --image=busybox -- date",
    "k8ts create job now --from=cronjob/nightly",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    image: flag.text("the image to run", { value: "IMAGE", fallback: "" }),
    from: flag.text("the cron job to run once", { value: "cronjob/NAME", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { image, from } = call.flags;
    // exact: kubectl
    if ((image === "") === (from === ""))
      throw new Error("either --image or --from must be specified");
    if (from !== "" && call.rest.length > 0) throw new Error("cannot specify --from and command");
    await create(shell, call, (session) =>
      from === "" ? jobOf(name, image, call.rest) : jobFrom(session, name, from),
    );
  },
});

const jobOf = (name: string, image: string, command: readonly string[]): Creation =>
  creation(Job, {
    metadata: { name },
    spec: {
      template: {
        spec: {
          containers: [{ name, image, ...(command.length > 0 ? { command } : {}) }],
          restartPolicy: "Never",
        },
      },
    },
  });

/** What the cron job would run at its next time. */
async function jobFrom(session: Session, name: string, from: string): Promise<Creation> {
  const [type = "", cronJobName = ""] = from.split("/");
  const resource = (await session.discovered()).find(type);
  if (resource?.kind.plural !== CronJob.plural) throw new Error(`from must be an existing cronjob`); // exact: kubectl
  const at = { namespace: session.namespace, name: cronJobName };
  const { metadata, apiVersion, kind, spec } = await session.client.get(CronJob, at);
  const { jobTemplate } = spec;
  return creation(Job, {
    metadata: {
      name,
      annotations: {
        "cronjob.kubernetes.io/instantiate": "manual",
        ...jobTemplate.metadata.annotations,
      },
      labels: jobTemplate.metadata.labels ?? {},
      ownerReferences: [
        {
          apiVersion,
          kind,
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          controller: true,
        },
      ],
    },
    spec: jobTemplate.spec as never,
  });
}
