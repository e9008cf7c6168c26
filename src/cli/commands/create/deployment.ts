/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create_deployment.go */
import { Deployment } from "#api/apps/deployment.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { containerName } from "#cli/create/pod-template.ts";
import { flag } from "#cli/flags.ts";

export const createDeployment = defineCommand({
  name: "create deployment",
  aliases: ["create deploy", "create dep"],
  usage: "NAME --image=IMAGE... [-- COMMAND ARGS...]",
  summary: "Create a deployment that runs an image",
  examples: [
    "k8ts create deployment web --image=nginx --replicas=3",
    "k8ts create deployment job --image=busybox -- sleep 3600",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    image: flag.list("the image to run; several make several containers", { value: "IMAGE" }),
    port: flag.int("the port that the container listens on", { value: "PORT", fallback: -1 }),
    replicas: flag.int("how many pods to run", { short: "r", fallback: 1 }),
  },

  async run(shell, call) {
    const { image: images, port, replicas } = call.flags;
    const name = nameOf(call);
    if (images.length === 0) throw new Error('required flag(s) "image" not set'); // exact: kubectl
    if (images.length > 1 && call.rest.length > 0)
      throw new Error("cannot specify multiple --image options and command"); // exact: kubectl
    const labels = { app: name };
    const containers = images.map((image, at) => ({
      name: containerName(image, shell.random),
      image,
      ...(call.rest.length > 0 ? { command: call.rest } : {}),
      ...(port > 0 && at === 0 ? { ports: [{ containerPort: port }] } : {}),
    }));
    await create(shell, call, () =>
      creation(Deployment, {
        metadata: { name, labels },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      }),
    );
  },
});
