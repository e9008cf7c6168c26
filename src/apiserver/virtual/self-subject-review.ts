/** Tells callers who they are: `kubectl auth whoami`. */
import { SelfSubjectReview } from "#api/authentication/selfsubjectreview.ts";
import { formatTime } from "#base/clock.ts";
import { userInfoOf } from "./user-info.ts";
import { typed } from "./typed.ts";
import { defineVirtual } from "./virtual.ts";

export const selfSubjectReview = defineVirtual<SelfSubjectReview>({
  kind: SelfSubjectReview,

  async create(review, { context, ports }) {
    review.metadata.creationTimestamp = formatTime(ports.clock.now());
    review.status = { userInfo: userInfoOf(context.user) };
    return typed(SelfSubjectReview, review);
  },
});
