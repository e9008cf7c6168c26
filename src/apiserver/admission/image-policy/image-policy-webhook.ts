/**
 * Asks a server outside whether the images of a pod may be used. Off by default.
 * upstream: plugin/pkg/admission/imagepolicy/admission.go
 * differs: a pod that was let in because nobody answered is noted in the audit log, not in an annotation of its own
 * (alpha.image-policy.k8s.io/failed-open).
 */
import { Pod } from "#api/core/pod.ts";
import { backoffDelay } from "#base/backoff.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import { within } from "#base/deadline.ts";
import { messageOf } from "#base/failure.ts";
import type { Random } from "#base/random.ts";
import { Remembered } from "#apiserver/authn/remembered.ts";
import { type AdmissionRequest, defineAdmission, refused } from "../admission.ts";
import type { ImagePolicy } from "./configuration.ts";

/** Posts an ImageReview and gives the answer. Throws what went wrong, with the HTTP `status` if there was one. */
export type ReviewImages = (review: object, signal: AbortSignal) => Promise<unknown>;

export interface ImagePolicyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: ImagePolicy;
  readonly review: ReviewImages;
}

interface ReviewSpec {
  readonly containers: readonly { readonly image?: string }[];
  /** Those that are meant for the reviewer. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly namespace: string;
}

/** As it comes: unchecked. */
interface ReviewStatus {
  readonly allowed?: boolean;
  readonly reason?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

interface Known {
  readonly status: ReviewStatus;
  readonly untilMs: number;
}

const auditPrefix = "imagepolicywebhook.image-policy.k8s.io/";

export function imagePolicyWebhook(options: ImagePolicyOptions | undefined) {
  const known = new Remembered<Known>();
  return defineAdmission<Pod>({
    name: "ImagePolicyWebhook",
    on: [Pod],
    when: ["CREATE", "UPDATE"],
    subresources: ["ephemeralcontainers"],

    async validate(pod, request) {
      if (!options) return;
      const status = await statusOf(specOf(pod, request), { ...options, request, known });
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {}))
        request.annotate?.(auditPrefix + key, value);
      if (status.allowed) return;
      // exact: apiserver
      throw refused(
        request,
        status.reason
          ? `image policy webhook backend denied one or more images: ${status.reason}`
          : "one or more images rejected by webhook backend",
      );
    },
  });
}

function specOf(
  { metadata, spec }: Pod,
  { namespace, subresource }: AdmissionRequest<Pod>,
): ReviewSpec {
  const all =
    subresource === ""
      ? [...spec.containers, ...(spec.initContainers ?? [])]
      : (spec.ephemeralContainers ?? []);
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.includes(".image-policy.k8s.io/"),
  );
  return {
    containers: all.map(({ image }) => (image ? { image } : {})),
    ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
    namespace,
  };
}

interface Asking extends ImagePolicyOptions {
  readonly request: AdmissionRequest<Pod>;
  readonly known: Remembered<Known>;
}

async function statusOf(spec: ReviewSpec, asking: Asking): Promise<ReviewStatus> {
  const { clock, policy, known, request } = asking;
  const key = JSON.stringify(spec);
  const found = known.get(key);
  if (found && clock.monotonic() < found.untilMs) return found.status;
  try {
    const status = await ask(spec, asking);
    const holdsMs = status.allowed ? policy.allowMs : policy.denyMs;
    known.set(key, { status, untilMs: clock.monotonic() + holdsMs });
    return status;
  } catch (cause) {
    if (!policy.defaultAllow) throw refused(request, messageOf(cause));
    request.annotate?.(`${auditPrefix}failed-open`, "true");
    return { allowed: true };
  }
}

/** As upstream: five tries, within half a minute. */
const triesMax = 5;
const timeoutMs = seconds(30);

function ask(spec: ReviewSpec, { clock, random, policy, review }: Asking): Promise<ReviewStatus> {
  const body = {
    kind: "ImageReview",
    apiVersion: "imagepolicy.k8s.io/v1alpha1",
    metadata: {},
    spec,
    status: { allowed: false },
  };
  const waits = {
    firstMs: policy.backoffMs,
    maxMs: timeoutMs,
    factor: 1.5,
    jitter: { random, share: 0.2 },
  };
  return within(clock, { timeoutMs, signal: undefined }, async (signal) => {
    for (let failures = 0; ;) {
      try {
        return statusIn(await review(body, signal));
      } catch (cause) {
        if (!mayPass(cause) || ++failures === triesMax) throw cause;
        await sleep(clock, backoffDelay(waits, failures), signal);
      }
    }
  });
}

function statusIn(answer: unknown): ReviewStatus {
  const { status } = (answer ?? {}) as { readonly status?: ReviewStatus };
  return status ?? {};
}

/** Whether it is worth asking again. upstream: apiserver/pkg/util/webhook#DefaultShouldRetry */
function mayPass(cause: unknown): boolean {
  const { status, code } = cause as { readonly status?: number; readonly code?: string };
  return status === 429 || status === 500 || status === 504 || code === "ECONNRESET";
}
