/** Shares of version 1 and weights of version 2. upstream: opencontainers/runc libcontainer/cgroups */

/** From 2…262144 to 1…10000. */
export const weightOf = (shares: number): number =>
  1 + Math.floor(((shares - 2) * 9_999) / 262_142);

/** Shares that become this weight. */
export const sharesOfWeight = (weight: number): number =>
  Math.min(Math.ceil((weight * 262_142) / 9_999) + 1, 262_144);
