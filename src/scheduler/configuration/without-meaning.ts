/**
 * What the file may say and what has no meaning here: there is one thread, and who leads is settled
 * elsewhere. What is wrong with it is told all the same, as a file that moves here would be refused there.
 * upstream: component-base/config/validation/validation.go
 */
import type { Section } from "#base/configuration.ts";
import { durationProblem, parseDuration } from "#base/duration.ts";

export function checkWithoutMeaning(file: Section): void {
  const parallelism = file.integer("parallelism");
  // exact: kube-scheduler
  if (parallelism !== undefined && parallelism <= 0)
    file.invalid("parallelism", "should be an integer value greater than zero");
  for (const name of ["enableProfiling", "enableContentionProfiling", "delayCacheUntilActive"])
    file.flag(name);
  const connection = file.section("clientConnection");
  if (connection) checkConnection(connection);
  const election = file.section("leaderElection");
  if (election) checkElection(election);
}

function checkConnection(connection: Section): void {
  for (const name of ["kubeconfig", "acceptContentTypes", "contentType"]) connection.text(name);
  const rate = connection.any("qps");
  if (rate !== undefined && typeof rate !== "number") connection.wrong("qps", "must be a number");
  const burst = connection.integer("burst");
  // exact: kube-scheduler
  if (burst !== undefined && burst < 0) connection.invalid("burst", "must be non-negative");
}

/** upstream: RecommendedDefaultLeaderElectionConfiguration */
const defaults = { leaseDuration: "15s", renewDeadline: "10s", retryPeriod: "2s" } as const;

/** upstream: client-go/tools/leaderelection#JitterFactor */
const jitter = 1.2;

function checkElection(election: Section): void {
  for (const name of ["resourceName", "resourceNamespace"]) election.text(name);
  const lock = election.text("resourceLock") ?? "leases";
  // It is on unless said, as upstream.
  const isOn = election.flag("leaderElect") !== false;
  const lease = durationIn(election, "leaseDuration", isOn);
  const renew = durationIn(election, "renewDeadline", isOn);
  const retry = durationIn(election, "retryPeriod", isOn);
  if (!isOn) return;
  // exact: kube-scheduler
  if (lock !== "leases") election.invalid("resourceLock", 'resourceLock value must be "leases"');
  if (lease <= renew)
    election.invalid("leaseDuration", "LeaseDuration must be greater than RenewDeadline");
  if (renew <= retry * jitter)
    election.invalid("renewDeadline", "must be greater than retryPeriod*JitterFactor");
}

/** In milliseconds; as by default when it is wrong. */
function durationIn(election: Section, name: keyof typeof defaults, isOn: boolean): number {
  const text = election.text(name) ?? defaults[name];
  const problem = durationProblem(text);
  if (problem) election.wrong(name, problem);
  const ms = parseDuration(problem ? defaults[name] : text) ?? 0;
  // exact: kube-scheduler
  if (isOn && ms <= 0) election.invalid(name, "must be greater than zero");
  return ms;
}
