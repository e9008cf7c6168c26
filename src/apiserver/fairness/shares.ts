/**
 * How many seats each priority level has: by itself, at least, at most, and while others are short.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go, conc_alloc.go
 */
import type { PriorityLevelConfigurationSpec } from "#api/flowcontrol/prioritylevelconfiguration.ts";

export interface SeatLimits {
  /** Its part of all seats. */
  readonly nominal: number;
  /** What is left when others borrowed all that it lends. */
  readonly min: number;
  /** With all that it may borrow. */
  readonly max: number;
}

type Spec = PriorityLevelConfigurationSpec;

const sharesOf = ({ limited, exempt }: Spec): number =>
  (limited ?? exempt)?.nominalConcurrencyShares ?? 0;

export function seatLimits(specs: ReadonlyMap<string, Spec>, total: number) {
  const sum = [...specs.values()].reduce((all, spec) => all + sharesOf(spec), 0);
  const limits = new Map<string, SeatLimits>();
  for (const [name, spec] of specs) {
    const nominal = sum === 0 ? 0 : Math.ceil((total * sharesOf(spec)) / sum);
    limits.set(name, around(nominal, spec, total));
  }
  return limits;
}

function around(nominal: number, { limited, exempt }: Spec, total: number): SeatLimits {
  const lends = Math.round((nominal * ((limited ?? exempt)?.lendablePercent ?? 0)) / 100);
  const percent = limited?.borrowingLimitPercent;
  const borrows = percent === undefined ? total : Math.round((nominal * percent) / 100);
  return { nominal, min: nominal - lends, max: nominal + borrows };
}

export interface Claim {
  readonly lower: number;
  readonly upper: number;
  readonly target: number;
}

/** Everybody gets the same fraction of his target, within his bounds, so that all is given out. */
export function allocate(total: number, claims: readonly Claim[]): readonly number[] {
  const given = (fraction: number): number[] =>
    claims.map(({ lower, upper, target }) => Math.min(Math.max(fraction * target, lower), upper));
  const sumOf = (seats: readonly number[]): number => seats.reduce((all, one) => all + one, 0);
  if (total <= sumOf(given(0))) return given(0);
  const ratios = claims.map(({ upper, target }) => (target > 0 ? upper / target : 0));
  let low = 0;
  let high = Math.max(0, ...ratios);
  // More exact than a seat, whatever the numbers are.
  for (let step = 0; step < 64; step++) {
    const middle = (low + high) / 2;
    if (sumOf(given(middle)) > total) high = middle;
    else low = middle;
  }
  return given(low).map((seats) => Math.round(seats));
}
