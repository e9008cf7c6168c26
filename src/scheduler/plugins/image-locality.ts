import { definePlugin, skip } from "../plugin.ts";
import type { ImageState } from "../snapshot/images.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

const mebibyte = 1_024 * 1_024;
/** Less than this makes no difference, more than that (per container) none either. */
const sizeMin = 23 * mebibyte;
const sizeMax = 1_000 * mebibyte;

interface Images {
  readonly images: readonly ImageState[];
  readonly containerCount: number;
  readonly nodeCount: number;
}

/** Nodes that have the pod's images already; the more so, the more nodes have them. */
export const imageLocality = definePlugin<undefined, Images>({
  name: "ImageLocality",
  dependsOn: "node",
  epoch: ({ images, nodes }) => images.version * 2 ** 20 + nodes.length,

  preScore(pod, cluster) {
    const names = imageNames(pod);
    const images = names.flatMap((name) => cluster.images.find(name) ?? []);
    if (images.length === 0) return skip;
    return { images, containerCount: names.length, nodeCount: countOf(cluster) };
  },

  score(_pod, { index }, { images, containerCount, nodeCount }) {
    let size = 0;
    for (const { sizeBytes, nodes } of images) {
      if (nodes.has(index)) size += Math.trunc(sizeBytes * (nodes.size / nodeCount));
    }
    const most = sizeMax * containerCount;
    const counted = Math.min(Math.max(size, sizeMin), most);
    return Math.trunc((100 * (counted - sizeMin)) / (most - sizeMin));
  },
});

const countOf = ({ nodes }: Snapshot): number => nodes.length;

function imageNames({ shape: { spec } }: PodInfo): readonly string[] {
  const { initContainers = [], containers } = spec;
  return [...initContainers, ...containers].map(({ image = "" }) => withTag(image));
}

/** As nodes name their images. */
const withTag = (image: string): string =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
