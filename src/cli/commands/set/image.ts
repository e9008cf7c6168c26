/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/set/set_image.go */
import { defineCommand } from "#cli/command.ts";
import { openSession } from "#cli/session.ts";
import {
  changeContainers,
  changePodSpecs,
  type PodSpecPart,
  setFlags,
} from "#cli/set/pod-specs.ts";

export const setImage = defineCommand({
  name: "set image",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) CONTAINER=IMAGE...",
  summary: "Change the images of containers",
  examples: ["k8ts set image deploy/web nginx=nginx:1.27", "k8ts set image rs --all '*=nginx'"],
  group: "deploy",
  flags: setFlags,

  async run(shell, call) {
    const args = call.args.filter((arg) => !arg.includes("="));
    const images = new Map(call.args.filter((arg) => arg.includes("=")).map(pairOf));
    // exact: kubectl
    if (images.size === 0) throw new Error("at least one image update is required");
    const session = await openSession(shell, call);
    await changePodSpecs(session, {
      call: { ...call, args },
      done: "image updated",
      change: (spec) => withImages(spec, images),
    });
  },
});

function pairOf(text: string): readonly [name: string, image: string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

function withImages(spec: PodSpecPart, images: ReadonlyMap<string, string>): PodSpecPart {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  const names = new Set(all.map(({ name }) => name));
  for (const name of images.keys())
    if (name !== "*" && !names.has(name))
      throw new Error(`unable to find container named ${JSON.stringify(name)}`); // exact: kubectl
  const imageOf = (name: string): string | undefined => images.get(name) ?? images.get("*");
  return changeContainers(
    spec,
    ({ name }) => imageOf(name) !== undefined,
    (container) => ({ ...container, image: imageOf(container.name) }),
  );
}
