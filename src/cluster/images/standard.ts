/**
 * The images that k8ts itself needs, made on the machine from what is there anyway: no registry
 * need be in reach. They also are the base for whoever builds images here.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { runOrThrow, type Processes } from "#base/processes.ts";
import { type Image, ociArchitecture } from "./image.ts";
import { type LayerEntry, writeLayer } from "./layer.ts";
import { type Architecture, pauseBinary } from "./pause.ts";

export const pauseReference = "k8ts.local/pause:2";
/** Node and the C library, nothing else: what a JavaScript program needs to run. */
export const nodeReference = `k8ts.local/node:${process.versions.node}`;
/** The same under a name that outlives updates: for manifests and Dockerfiles. */
export const nodeSeriesReference = `k8ts.local/node:${process.versions.node.split(".")[0]}`;

export async function pauseImage(folder: string): Promise<Image> {
  const content = pauseBinary(process.arch as Architecture);
  const layer = await writeLayer(folder, [{ path: "/pause", content, mode: 0o755 }]);
  return {
    reference: pauseReference,
    architecture: ociArchitecture(),
    config: { Entrypoint: ["/pause"] },
    layers: [layer],
  };
}

export async function nodeImage(folder: string, processes: Processes): Promise<Image> {
  const layer = await writeLayer(folder, await nodeEntries(processes));
  return {
    reference: nodeReference,
    architecture: ociArchitecture(),
    config: {
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin"],
      Entrypoint: ["/usr/local/bin/node"],
      WorkingDir: "/",
    },
    layers: [layer],
  };
}

async function nodeEntries(processes: Processes): Promise<LayerEntry[]> {
  const libraries = await librariesOf(process.execPath, processes);
  return [
    { path: "/etc/passwd", content: passwd },
    { path: "/etc/group", content: "root:x:0:\nnobody:x:65534:\n" },
    { path: "/etc/nsswitch.conf", content: "hosts: files dns\n" },
    ...(await certificates()),
    ...libraries.map((path) => ({ path, from: path })),
    { path: "/tmp", folder: true, mode: 0o1777 },
    { path: "/usr/local/bin/node", from: process.execPath, mode: 0o755 },
  ];
}

const passwd =
  "root:x:0:0:root:/:/usr/local/bin/node\nnobody:x:65534:65534:nobody:/:/usr/local/bin/node\n";

/** The machine's trust store, where it has one. */
async function certificates(): Promise<LayerEntry[]> {
  const path = "/etc/ssl/certs/ca-certificates.crt";
  try {
    return [{ path, content: await readFile(path) }];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

/** The shared libraries a program is linked with, the loader among them, as `ldd` finds them. */
async function librariesOf(program: string, processes: Processes): Promise<string[]> {
  const output = await runOrThrow(processes, { program: "ldd", args: [program] });
  const found = Array.from(output.matchAll(/(?:=> )?(\/\S+) \(0x/g), ([, path = ""]) => path);
  return [...new Set(found)].toSorted();
}

/**
 * Addons do little and are always there: memory counts more than speed. Measured with the DNS at
 * rest, these take 10 of 71 MB away, for a fifth of its 25,000 answers a second.
 */
const addonFlags = ["--max-semi-space-size=1", "--no-maglev", "--no-sparkplug"];
const addonEnv = ["MALLOC_ARENA_MAX=1"];

/** Another program, or another way to start it, is another image: the tag says which. */
export const addonReference = (program: Uint8Array): string => {
  const hash = createHash("sha256")
    .update([...addonFlags, ...addonEnv].join(" "))
    .update(program);
  return `k8ts.local/addon:${hash.digest("hex").slice(0, 12)}`;
};

/** The addons' program in an image of its own, above Node's. */
export async function addonImage(folder: string, base: Image, program: Uint8Array): Promise<Image> {
  const path = "/usr/local/lib/k8ts/addon.mjs";
  const layer = await writeLayer(folder, [{ path, content: program }]);
  return {
    ...base,
    reference: addonReference(program),
    config: {
      ...base.config,
      Env: [...(base.config.Env ?? []), ...addonEnv],
      Entrypoint: ["/usr/local/bin/node", ...addonFlags, path],
    },
    layers: [...base.layers, layer],
  };
}
