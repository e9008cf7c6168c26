/** Finding and fetching images. */
import { parseImageName } from "#api/core/image-name.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Secret } from "#api/core/secret.ts";
import { messageOf } from "#base/failure.ts";
import { credentialsFor } from "../images/credentials.ts";
import type { ImageUse } from "../pod/effects.ts";
import { imageNameOf } from "../pod/pod-containers.ts";
import type { ImageAuth } from "../runtime.ts";
import { layersKey } from "../volumes/image.ts";
import { detailOf, done, type Job, type Performer, podOf } from "./job.ts";
import { configOf } from "./sandbox.ts";

/** As the runtime is asked for it: with a tag. */
function imageOf(job: Job, use: ImageUse): string {
  const name = imageNameOf(podOf(job), use) ?? "";
  const { tag = "", digest = "" } = parseImageName(name) ?? {};
  const isTagged = digest !== "" || tag === "" || name.endsWith(`:${tag}`);
  return isTagged ? name : `${name}:${tag}`;
}

export const inspectImage: Performer<"inspectImage"> = async (job, use) => {
  const { workshop, state } = job;
  const { runtime } = workshop;
  try {
    if ("volume" in use && (await runtime.heldLayers(layersKey(state.uid, use.volume))))
      return { ok: true, isHeld: true };
    const image = await runtime.imageStatus(imageOf(job, use));
    return { ok: true, ...(image ? { imageRef: image.id } : {}) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

export const pullImage: Performer<"pullImage"> = async (job, use) => {
  const { runtime, clock } = job.workshop;
  const image = imageOf(job, use);
  const started = clock.monotonic();
  try {
    const secrets = await pullSecrets(job, podOf(job));
    const imageRef = await pullWithAny(job, image, credentialsFor(image, secrets));
    const bytes = (await runtime.imageStatus(imageRef))?.sizeBytes ?? 0;
    return { ok: true, imageRef, bytes, tookMs: clock.monotonic() - started };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

export const placeImage: Performer<"placeImage"> = async (job, { volume, imageRef }) => {
  const { runtime, mounts } = job.workshop;
  const { uid } = job.state;
  const place = job.volumes.mounted.get(volume);
  try {
    if (!place) throw new Error(`volume ${JSON.stringify(volume)} has no folder`);
    await mounts.layers(place.path, await runtime.holdLayers(layersKey(uid, volume), imageRef));
    return done;
  } catch (error) {
    return { ok: false, message: detailOf(error) };
  }
};

/** A secret that is not there is no reason not to try. */
async function pullSecrets({ workshop }: Job, pod: Pod): Promise<readonly Secret[]> {
  const { namespace = "" } = pod.metadata;
  const found = await Promise.all(
    (pod.spec.imagePullSecrets ?? []).map(({ name = "" }) =>
      workshop.objects.secret(namespace, name),
    ),
  );
  return found.filter((secret) => secret !== undefined);
}

/** The first credentials that the registry likes; anonymously when there are none. */
async function pullWithAny(job: Job, image: string, auths: readonly ImageAuth[]): Promise<string> {
  const sandbox = await configOf(job, 0);
  const { runtime } = job.workshop;
  let failure: unknown;
  for (const auth of auths.length > 0 ? auths : [undefined]) {
    try {
      const who = auth ? { auth } : {};
      return await runtime.pullImage({ image, sandbox, signal: job.signal, ...who });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
