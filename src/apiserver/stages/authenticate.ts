import { ApiError } from "#api/errors.ts";
import { whenThere } from "#base/soon.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { Stage } from "../context.ts";

/** Says who is asking. Who cannot be told from anybody else is refused. */
export const authenticate =
  (authenticator: Authenticator): Stage =>
  (context, next) =>
    whenThere(authenticator.authenticate(context.request), (user) => {
      if (!user) throw new ApiError("Unauthorized", "Unauthorized");
      return next({ ...context, user });
    });
