/**
 * Several control planes over one store: each answers requests, but of every component only one
 * works at a time, the one that holds the component's lease. When it is gone, another one takes
 * over within three seconds.
 */
import type { User } from "#api/request.ts";
import { seconds } from "#base/clock.ts";
import { type ElectionTiming, takeTurnsLeading } from "#client/leader-election.ts";
import type { Component, ControlPlaneOptions } from "./control-plane.ts";

/**
 * A lease runs out after two seconds; whoever could not renew it stops before. Those who wait look
 * at it after 0.88 seconds at the latest, and count from then: with that it is less than three.
 * differs: upstream gives a lease 15 seconds, and takes as long to notice that its holder is gone.
 */
const timing: ElectionTiming = {
  leaseMs: seconds(2),
  renewDeadlineMs: seconds(1.5),
  retryMs: seconds(0.4),
};

export interface LeaseOf {
  /** In kube-system. */
  readonly name: string;
  /** Who may write it. */
  readonly user: User;
}

/** The component, when it is its replica's turn. */
export const inTurn = (
  component: Component,
  lease: LeaseOf,
  { replica, clock, random, log }: ControlPlaneOptions,
): Component => ({
  name: component.name,
  run: async (clientFor, signal) => {
    if (replica === undefined) return component.run(clientFor, signal);
    await takeTurnsLeading(
      {
        client: clientFor(lease.user, lease.name),
        lease: { namespace: "kube-system", name: lease.name },
        identity: replica,
        clock,
        random,
        log: log.with({ component: component.name }),
        timing,
        lead: (until) => component.run(clientFor, until),
      },
      signal,
    );
  },
});
