/**
 * What is counted of who asks.
 * upstream: apiserver/pkg/endpoints/filters/metrics.go, apiserver/pkg/authentication/request/x509/x509.go
 */
import type { ApiRequest, User } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import type { CounterChild, Metrics } from "#base/metrics.ts";

export interface AuthenticationMetrics {
  readonly accepted: (user: User, request: ApiRequest) => void;
  /** Nobody knows the caller. */
  readonly unknown: () => void;
  /** The credentials are wrong, or could not be looked at. */
  readonly failed: () => void;
}

/** Seconds: none, half an hour … a year. */
const expiryBuckets = [
  0, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000,
  15_552_000, 31_104_000,
];

export function authenticationMetrics(metrics: Metrics, clock: Clock): AuthenticationMetrics {
  const attempts = metrics.counter(
    "authentication_attempts",
    "Counter of authenticated attempts.",
    ["result"],
  );
  const users = metrics.counter(
    "authenticated_user_requests",
    "Counter of authenticated requests broken out by username.",
    ["username"],
  );
  const expiry = metrics
    .histogram(
      "apiserver_client_certificate_expiration_seconds",
      "Distribution of the remaining lifetime on the certificate used to authenticate a request.",
      [],
      expiryBuckets,
    )
    .with();
  const [success, failure, error] = ["success", "failure", "error"].map((one) =>
    attempts.with(one),
  ) as [CounterChild, CounterChild, CounterChild];
  const known = new WeakMap<User, CounterChild>();
  const countOf = (user: User): CounterChild => {
    const count = users.with(shownName(user.name));
    known.set(user, count);
    return count;
  };
  return {
    accepted: (user, { caller }) => {
      success.inc();
      (known.get(user) ?? countOf(user)).inc();
      if (caller.is !== "peer" || !caller.peer.certificate) return;
      expiry.observe((caller.peer.certificate.notAfterMs - clock.now()) / 1_000);
    },
    unknown: () => failure.inc(),
    failed: () => error.inc(),
  };
}

const namedUsers: ReadonlySet<string> = new Set([
  "admin",
  "client",
  "kube_proxy",
  "kubelet",
  "system:serviceaccount:kube-system:default",
]);

/** There may be as many names as there are people. exact: apiserver */
function shownName(name: string): string {
  if (namedUsers.has(name)) return name;
  return name.includes("@") ? "email_id" : "other";
}
