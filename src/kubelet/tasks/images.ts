/** Finding and fetching images. */
import { parseImageName } from "#api/core/image-name.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Secret } from "#api/core/secret.ts";
import { messageOf } from "#base/failure.ts";
import { credentialsFor } from "../images/credentials.ts";
import { findContainer } from "../pod/pod-containers.ts";
import type { ImageAuth } from "../runtime.ts";
import { type Job, type Performer, podOf } from "./job.ts";
import { configOf } from "./sandbox.ts";

/** As the runtime is asked for it: with a tag. */
function imageOf(job: Job, container: string): string {
  const name = findContainer(podOf(job), container)?.container.image ?? "";
  const { tag = "", digest = "" } = parseImageName(name) ?? {};
  const isTagged = digest !== "" || tag === "" || name.endsWith(`:${tag}`);
  return isTagged ? name : `${name}:${tag}`;
}

export const inspectImage: Performer<"inspectImage"> = async (job, { container }) => {
  try {
    const image = await job.workshop.runtime.imageStatus(imageOf(job, container));
    return { ok: true, ...(image ? { imageRef: image.id } : {}) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

export const pullImage: Performer<"pullImage"> = async (job, { container }) => {
  const { runtime, clock } = job.workshop;
  const image = imageOf(job, container);
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
