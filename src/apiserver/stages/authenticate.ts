import { ApiError } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import { finish, whenThere } from "#base/soon.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { AuthenticationMetrics } from "../authn/metrics.ts";
import type { Stage } from "../context.ts";

/** Says who is asking. Who cannot be told from anybody else is refused. */
export function authenticate(authenticator: Authenticator, metrics: AuthenticationMetrics): Stage {
  const fail = (cause: unknown): never => {
    metrics.failed();
    throw cause;
  };
  return (context, next) =>
    whenThere(
      finish(() => authenticator.authenticate(context.request), same, fail),
      (user) => {
        if (user) {
          metrics.accepted(user, context.request);
          return next({ ...context, user });
        }
        metrics.unknown();
        throw new ApiError("Unauthorized", "Unauthorized");
      },
    );
}

const same = (user: User | undefined): User | undefined => user;
