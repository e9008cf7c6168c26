/**
 * An image that a container or a volume needs: looked for, pulled as its policy says, and again
 * after a while when that fails.
 * upstream: pkg/kubelet/images/image_manager.go#EnsureImageExists
 */
import { parseImageName } from "#api/core/image-name.ts";
import { formatDuration } from "#base/duration.ts";
import { nextPull } from "./backoff.ts";
import type { ImageUse, OutcomeOf } from "./effects.ts";
import type { PodContainer } from "./pod-containers.ts";
import type { PullBackoff } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Who needs an image, and what becomes of it. */
export interface Errand {
  readonly use: ImageUse;
  readonly image: string;
  readonly policy: string;
  /** Whom events are about; the pod when absent. */
  readonly member?: PodContainer;
  readonly pull: PullBackoff | undefined;
  /** That it waits is known already. */
  readonly isAnnounced: boolean;
  readonly begin: (at: "inspecting" | "pulling") => void;
  readonly setPull: (pull: PullBackoff | undefined) => void;
  readonly found: (imageRef: string) => void;
  readonly failed: (failure: ImageFailure) => void;
}

/** Why a container does not come to run. */
export interface ImageFailure {
  readonly reason: string;
  readonly message: string;
  /** What the event says after "Error: ". */
  readonly text: string;
}

/** False while a back-off lasts: the failed pull is shown first; a little later, that we wait. */
export function mayPull(turn: Turn, errand: Errand): boolean {
  const { pull, image, isAnnounced, member } = errand;
  if (!pull || pull.untilMs <= turn.atMs) return true;
  if (pull.noticeAtMs > turn.atMs) {
    turn.wake(pull.noticeAtMs);
    return false;
  }
  turn.wake(pull.untilMs);
  if (isAnnounced) return false;
  // exact: kubelet
  const text = `Back-off pulling image ${JSON.stringify(image)}`;
  turn.normal("BackOff", text, member);
  errand.failed({
    reason: "ImagePullBackOff",
    message: `${text}: ErrImagePull: ${pull.error}`,
    text: "ImagePullBackOff",
  });
  return false;
}

export function inspect(turn: Turn, { image, use, member, begin, failed }: Errand): void {
  if (!parseImageName(image)) {
    const message = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: invalid reference format`; // exact: kubelet
    turn.warning("InspectFailed", message, member);
    failed({ reason: "InvalidImageName", message, text: "InvalidImageName" });
    return;
  }
  begin("inspecting");
  turn.perform({ do: "inspectImage", ...use });
}

export function inspected(turn: Turn, errand: Errand, outcome: OutcomeOf<"inspectImage">): void {
  const { image, policy, member, use, begin, found, failed } = errand;
  const quoted = JSON.stringify(image);
  if (!outcome.ok) {
    const message = `Failed to inspect image ${quoted}: ${outcome.message}`; // exact: kubelet
    turn.warning("InspectFailed", message, member);
    failed({ reason: "ImageInspectError", message, text: "ImageInspectError" });
  } else if (outcome.isHeld) {
    found(outcome.imageRef ?? "");
  } else if (policy === "Always" || (!outcome.imageRef && policy !== "Never")) {
    turn.normal("Pulling", `Pulling image ${quoted}`, member);
    begin("pulling");
    turn.perform({ do: "pullImage", ...use });
  } else if (outcome.imageRef) {
    // exact: kubelet
    const text = `Container image ${quoted} already present on machine and can be accessed by the pod`;
    turn.normal("Pulled", text, member);
    found(outcome.imageRef);
  } else {
    const message = `Container image ${quoted} is not present with pull policy of Never`;
    turn.warning("ErrImageNeverPull", message, member);
    failed({ reason: "ErrImageNeverPull", message, text: "ErrImageNeverPull" });
  }
}

export function pulled(turn: Turn, errand: Errand, outcome: OutcomeOf<"pullImage">): void {
  const { image, member } = errand;
  const quoted = JSON.stringify(image);
  if (outcome.ok) {
    const took = formatDuration(Math.round(outcome.tookMs));
    // exact: kubelet
    const text = `Successfully pulled image ${quoted} in ${took} (${took} including waiting). Image size: ${outcome.bytes} bytes.`;
    turn.normal("Pulled", text, member);
    errand.setPull(undefined);
    errand.found(outcome.imageRef);
    return;
  }
  const { message } = outcome;
  turn.warning("Failed", `Failed to pull image ${quoted}: ${message}`, member);
  errand.failed({ reason: "ErrImagePull", message, text: "ErrImagePull" });
  // A pull has its own back-off.
  errand.setPull(nextPull(errand.pull, message, turn.atMs));
}
