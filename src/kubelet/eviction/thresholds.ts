/** How little is too little. upstream: pkg/kubelet/eviction/helpers.go#ParseThresholdConfig */
import { minutes } from "#base/clock.ts";
import { parseQuantity, type Quantity, quantityOfUnits } from "#base/quantity.ts";
import { type Observed, type SignalName, signalNames } from "./signals.ts";

/** So much, or such a share (0…1) of all there is. */
export type Amount = { readonly quantity: Quantity } | { readonly share: number };

export interface Threshold {
  readonly signal: SignalName;
  readonly amount: Amount;
  /** So long it has to last before pods have to go; 0: it is a hard one. */
  readonly graceMs: number;
  /** So much more has to become free before there is enough again. */
  readonly reclaim?: Amount;
}

export interface EvictionSettings {
  readonly thresholds: readonly Threshold[];
  /** A condition stays so long after its cause. */
  readonly transitionMs: number;
  /** What pods get at most to end, when a soft threshold drives them out. */
  readonly graceSecondsMax: number;
}

/** exact: kubelet, on Linux */
export const hardDefaults: Readonly<Partial<Record<SignalName, string>>> = {
  "memory.available": "100Mi",
  "nodefs.available": "10%",
  "nodefs.inodesFree": "5%",
  "imagefs.available": "15%",
  "imagefs.inodesFree": "5%",
};

export const isHard = ({ graceMs }: Threshold): boolean => graceMs === 0;

/** `100Mi` or `10%`; undefined when it is neither. */
export function parseAmount(text: string): Amount | undefined {
  if (text.endsWith("%")) {
    const percent = /^[+-]?\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) : undefined;
    return percent === undefined ? undefined : { share: shareOf(percent) };
  }
  const quantity = parseQuantity(text);
  return quantity && { quantity };
}

/** In single precision, as upstream reckons: the amounts in messages depend on it. */
const shareOf = (percent: number): number => Math.fround(Math.fround(percent) / 100);

/** Of all there is. */
export const quantityAt = (amount: Amount, { capacity }: Pick<Observed, "capacity">): Quantity =>
  "quantity" in amount
    ? amount.quantity
    : quantityOfUnits(Math.trunc(capacity.value() * amount.share), "binary");

/** Hard thresholds by signal; none for what is 0 % or 100 %. For texts that are known to be right. */
export const hardThresholds = (
  texts: Readonly<Partial<Record<SignalName, string>>>,
): readonly Threshold[] =>
  signalNames.flatMap((signal) => {
    const amount = isOff(texts[signal]) ? undefined : parseAmount(texts[signal] ?? "");
    return amount ? [{ signal, amount, graceMs: 0 }] : [];
  });

/** exact: kubelet */
export const isOff = (text: string | undefined): boolean =>
  text === undefined || text === "0%" || text === "100%";

export const transitionDefaultMs = minutes(5);

export const defaultEviction: EvictionSettings = {
  thresholds: hardThresholds(hardDefaults),
  transitionMs: transitionDefaultMs,
  graceSecondsMax: 0,
};

/** What hard thresholds keep free: it is not there to be given to pods. */
export function reservedOf(
  { thresholds }: EvictionSettings,
  signal: SignalName,
  capacity: Quantity,
): number {
  const hard = thresholds.find((one) => one.signal === signal && isHard(one));
  return hard ? quantityAt(hard.amount, { capacity }).value() : 0;
}
