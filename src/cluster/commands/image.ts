import { resolve } from "node:path";
import { runOrThrow } from "#base/processes.ts";
import { defineCommand, type Shell } from "#cli/command.ts";
import { flag, UsageError } from "#cli/flags.ts";
import { colour, progressOn } from "#cli/progress.ts";
import { clusterIn, dataDir, textOrJson } from "../command-flags.ts";
import { type Ctr } from "../containerd.ts";
import { imageShelf } from "../image-shelf.ts";
import { dockerfileOf } from "../images/build.ts";
import { normalizedReference } from "../images/reference.ts";
import { ctrOf, type Machine, supervisorOf } from "../launch.ts";
import { missingParts } from "../preflight.ts";

export const imageBuild = defineCommand({
  name: "image build",
  usage: "FOLDER -t NAME:TAG",
  summary: "Build an image from a Dockerfile, straight into the cluster",
  details: `What only copies files and sets the configuration is built by k8ts itself, on top of an image
that was built here (k8ts.local/node is always there). Everything else is built by buildah, where it is
installed.`,
  examples: [
    "k8ts image build . -t team/web:1.0.0",
    "k8ts image build . -f Dockerfile.prod -t team/web:1.0.0 --build-arg VERSION=1.0.0",
  ],
  group: "basic",
  flags: {
    tag: flag.requiredText("the image's name", { short: "t", value: "NAME:TAG" }),
    file: flag.text("the Dockerfile; FOLDER/Dockerfile when absent", { short: "f", value: "FILE" }),
    "build-arg": flag.list("a build argument", { value: "NAME=VALUE", whole: true }),
    "data-dir": dataDir,
  },

  async run(shell, { args, flags }) {
    const [folder] = args;
    if (folder === undefined || args.length > 1) throw new UsageError("one folder is needed");
    const machine = await runningCluster(shell, flags["data-dir"]);
    const options = {
      context: resolve(shell.folder, folder),
      dockerfile: dockerfileOf(resolve(shell.folder, folder), flags.file),
      reference: flags.tag,
      args: Object.fromEntries(flags["build-arg"].map(nameAndValue)),
    };
    const { world, places } = machine;
    const shelf = imageShelf(places.images, { ctr: ctrOf(machine), world });
    const progress = progressOn(shell.errors, shell.clock);
    await progress.step(`Image ${flags.tag}`, async (say) => {
      const built = await shelf.build(options);
      if ("unsupported" in built)
        await buildWithBuildah(machine, { ...options, why: built.unsupported });
      else if (!built.isNew) say("unchanged");
    });
    shell.output.write(`${normalizedReference(flags.tag)}\n`);
  },
});

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`"${text}" is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

interface BuildahCall {
  readonly context: string;
  readonly dockerfile: string;
  readonly reference: string;
  readonly args: Readonly<Record<string, string>>;
  readonly why: string;
}

async function buildWithBuildah(machine: Machine, call: BuildahCall): Promise<void> {
  const { world, places } = machine;
  const part = {
    name: "buildah",
    package: "buildah",
    paths: ["/usr/bin/buildah", "/usr/local/bin/buildah"],
  };
  if ((await missingParts([part])).length > 0)
    throw new Error(
      `${call.dockerfile}: ${call.why}: needs buildah, which is not installed (apt-get install buildah)`,
    );
  const archive = `${places.images}/buildah-${process.pid}.tar`;
  const reference = normalizedReference(call.reference);
  const buildArgs = Object.entries(call.args).flatMap(([k, v]) => ["--build-arg", `${k}=${v}`]);
  const run = (args: readonly string[]): Promise<string> =>
    runOrThrow(world.processes, { program: "buildah", args, signal: machine.signal });
  try {
    await world.disk.makeFolder(places.images, 0o700);
    await run(["build", ...buildArgs, "-f", call.dockerfile, "-t", reference, call.context]);
    await run(["push", reference, `docker-archive:${archive}:${reference}`]);
    await ctrOf(machine).importArchive(archive);
  } finally {
    await world.disk.remove(archive);
  }
}

export const imageLoad = defineCommand({
  name: "image load",
  usage: "FILE...",
  summary: "Load images from an OCI or Docker archive into the cluster",
  examples: ["docker save team/web:1.0.0 -o web.tar && k8ts image load web.tar"],
  group: "basic",
  flags: { "data-dir": dataDir },

  async run(shell, { args, flags }) {
    if (args.length === 0) throw new UsageError("a file is needed");
    const ctr = ctrOf(await runningCluster(shell, flags["data-dir"]));
    const before = new Set(await listed(ctr));
    for (const file of args) await ctr.importArchive(resolve(shell.folder, file));
    const added = (await listed(ctr)).filter((name) => !before.has(name));
    shell.output.write(added.length > 0 ? `${added.join("\n")}\n` : "no new image\n");
  },
});

export const imageList = defineCommand({
  name: "image list",
  usage: "",
  summary: "List the images that the cluster has",
  aliases: ["image ls", "images"],
  group: "basic",
  flags: {
    "data-dir": dataDir,
    output: textOrJson,
  },

  async run(shell, { flags }) {
    const names = await listed(ctrOf(await runningCluster(shell, flags["data-dir"])));
    const text = names.map((name) => `${name}\n`).join("");
    shell.output.write(flags.output === "json" ? `${JSON.stringify(names)}\n` : text);
  },
});

/** Names only: every image also stands there by its digest. */
const listed = async (ctr: Ctr): Promise<readonly string[]> =>
  (await ctr.images()).filter((name) => !name.startsWith("sha256:"));

async function runningCluster(shell: Shell, folder: string): Promise<Machine> {
  const machine = await clusterIn(folder, shell);
  const runtime = await supervisorOf(machine).state("containerd");
  if (runtime.pid === undefined && machine.settings.runtimeEndpoint === undefined)
    throw new Error(`the cluster is not running: ${colour(shell.errors, 1, "k8ts up")} starts it`);
  return machine;
}
