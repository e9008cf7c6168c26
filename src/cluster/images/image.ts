/**
 * Images as data, and as OCI archives that containerd imports.
 * Source: OCI image specification 1.1 (image layout, manifest, configuration).
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { Layer } from "./layer.ts";

/** What a container of the image starts with. Field names as in the OCI configuration. */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface Image {
  /** With a tag: `k8ts.local/pause:2`. */
  readonly reference: string;
  readonly config: ImageConfig;
  /** The lowest first. */
  readonly layers: readonly LayerRef[];
  readonly architecture: "amd64" | "arm64";
}

/** A layer whose tar may be elsewhere by now: containerd has it already. */
export type LayerRef = Omit<Layer, "file"> & { readonly file?: string };

const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
};

export const ociArchitecture = (): "amd64" | "arm64" => {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new Error(`images cannot be made on ${process.arch}: x64 and arm64 are supported`);
};

/** Writes an archive with these images; layers that several of them share are in it once. */
export async function writeArchive(file: string, images: readonly Image[]): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(file));
  const blobs = new Set<string>();
  const manifests: object[] = [];
  await addFile(tar, "oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  for (const image of images) {
    for (const layer of image.layers) await addLayer(tar, blobs, layer);
    const config = await addBlob(tar, blobs, configOf(image));
    const manifest = await addBlob(tar, blobs, manifestOf(image, config));
    manifests.push({
      mediaType: mediaTypes.manifest,
      ...manifest,
      platform: { architecture: image.architecture, os: "linux" },
      annotations: {
        "io.containerd.image.name": image.reference,
        "org.opencontainers.image.ref.name": tagOf(image.reference),
      },
    });
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  await addFile(tar, "index.json", JSON.stringify(index));
  tar.finalize();
  await written;
}

const tagOf = (reference: string): string => reference.slice(reference.lastIndexOf(":") + 1);

function configOf({ config, layers, architecture }: Image): string {
  return JSON.stringify({
    architecture,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  });
}

function manifestOf({ layers }: Image, config: Blob): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...config },
    layers: layers.map(({ digest, bytes }) => ({
      mediaType: mediaTypes.layer,
      digest,
      size: bytes,
    })),
  });
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

async function addBlob(tar: Pack, blobs: Set<string>, text: string): Promise<Blob> {
  const hex = createHash("sha256").update(text).digest("hex");
  if (!blobs.has(hex)) await addFile(tar, `blobs/sha256/${hex}`, text);
  blobs.add(hex);
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

async function addLayer(tar: Pack, blobs: Set<string>, layer: LayerRef): Promise<void> {
  const hex = layer.digest.slice("sha256:".length);
  if (blobs.has(hex) || layer.file === undefined) return;
  blobs.add(hex);
  const done = Promise.withResolvers<void>();
  const header = { name: `blobs/sha256/${hex}`, size: layer.bytes, mtime: new Date(0) };
  const entry = tar.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  await pipeline(createReadStream(layer.file), entry);
  await done.promise;
}

function addFile(tar: Pack, name: string, text: string): Promise<void> {
  const done = Promise.withResolvers<void>();
  tar.entry({ name, mtime: new Date(0) }, text, (error) =>
    error ? done.reject(error) : done.resolve(),
  );
  return done.promise;
}
