// One line per kind that is computed, written by tools/tidy.ts.
export { binding } from "./binding.ts";
export { componentStatus } from "./component-status.ts";
export { localSubjectAccessReview } from "./access-reviews.ts";
export { selfSubjectAccessReview } from "./access-reviews.ts";
export { selfSubjectReview } from "./self-subject-review.ts";
export { selfSubjectRulesReview } from "./self-subject-rules-review.ts";
export { subjectAccessReview } from "./access-reviews.ts";
export { tokenReview } from "./token-review.ts";
