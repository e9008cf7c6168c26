/**
 * Volumes that are images: pulled like those of containers, then laid out for as long as the pod
 * lives. A container starts once those that it mounts are there.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go#getImageVolumes
 */
import type { Container } from "#api/core/container.ts";
import { defaultPullPolicy } from "#api/core/image-name.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { nextMountRetry, nextRetry } from "./backoff.ts";
import type { Did } from "./effects.ts";
import { type Errand, type ImageFailure, inspect, mayPull } from "./pulling.ts";
import { type ImageTrack, type PodState, without } from "./state.ts";
import type { Turn } from "./turn.ts";

const trackOf = ({ images }: PodState, volume: string): ImageTrack =>
  images[volume] ?? { at: "wanted" };

const setTrack = (turn: Turn, volume: string, change: Partial<ImageTrack>): void =>
  turn.set({
    images: {
      ...turn.state.images,
      [volume]: { ...trackOf(turn.state, volume), ...change },
    },
  });

export const imageVolumesOf = (
  pod: Pod,
  { volumeMounts = [] }: Pick<Container, "volumeMounts">,
): readonly Volume[] =>
  (pod.spec.volumes ?? []).filter(
    ({ image, name }) => image && volumeMounts.some((mount) => mount.name === name),
  );

export interface ImagesReady {
  readonly areThere: boolean;
  /** Of the first that could not be had. */
  readonly failure?: ImageFailure;
}

/** Gets what is not there yet. */
export function seekImages(turn: Turn, pod: Pod, container: Container): ImagesReady {
  const volumes = imageVolumesOf(pod, container);
  for (const { name } of volumes) seek(turn, name);
  const missing = volumes
    .map(({ name }) => trackOf(turn.state, name))
    .filter(({ at }) => at !== "placed");
  const failure = missing.find((track) => track.failure)?.failure;
  return { areThere: missing.length === 0, ...(failure ? { failure } : {}) };
}

function seek(turn: Turn, volume: string): void {
  const errand = volumeErrand(turn, volume);
  const { at, retry } = trackOf(turn.state, volume);
  if (!errand || at !== "wanted" || !turn.isDue(retry)) return;
  if (mayPull(turn, errand)) inspect(turn, errand);
}

/** Undefined when nobody needs it any more. */
export function volumeErrand(turn: Turn, volume: string): Errand | undefined {
  const { pod, life } = turn.state;
  const source = pod?.spec.volumes?.find(({ name }) => name === volume)?.image;
  if (life.at !== "running" || !source) {
    setTrack(turn, volume, { at: "wanted" });
    return undefined;
  }
  const { reference: image = "" } = source;
  const { pull, failure } = trackOf(turn.state, volume);
  return {
    use: { volume },
    image,
    policy: source.pullPolicy ?? defaultPullPolicy(image),
    pull,
    isAnnounced: failure?.reason === "ImagePullBackOff",
    begin: (at) => setTrack(turn, volume, { at }),
    setPull: (next) => setPull(turn, volume, next),
    found: (imageRef) => {
      setTrack(turn, volume, { at: "placing" });
      turn.perform({ do: "placeImage", volume, imageRef });
    },
    failed: (reason) => fail(turn, volume, reason),
  };
}

function setPull(turn: Turn, volume: string, pull: ImageTrack["pull"]): void {
  const track = without(trackOf(turn.state, volume), "pull", "retry");
  const images = { ...turn.state.images, [volume]: { ...track, ...(pull ? { pull } : {}) } };
  turn.set({ images });
}

function fail(turn: Turn, volume: string, failure: ImageFailure): void {
  const retry = nextRetry(trackOf(turn.state, volume).retry, turn.atMs);
  setTrack(turn, volume, { at: "wanted", failure, retry });
}

export function imagePlaced(turn: Turn, { task, outcome }: Did<"placeImage">): void {
  const { volume } = task;
  if (outcome.ok) {
    turn.set({ images: { ...turn.state.images, [volume]: { at: "placed" } } });
    return;
  }
  const { message } = outcome;
  const reason = "ImageVolumeMountFailed"; // exact: cri-api
  const retry = nextMountRetry(trackOf(turn.state, volume).retry, turn.atMs);
  const failure = { reason, message, text: message };
  setTrack(turn, volume, { at: "wanted", failure, retry });
}
