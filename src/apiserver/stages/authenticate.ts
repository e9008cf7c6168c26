import { ApiError } from "#api/errors.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { Stage } from "../context.ts";

/** Says who is asking. Who cannot be told from anybody else is refused. */
export const authenticate =
  (authenticator: Authenticator): Stage =>
  async (context, next) => {
    const user = await authenticator.authenticate(context.request);
    if (!user) throw new ApiError("Unauthorized", "Unauthorized");
    return next({ ...context, user });
  };
