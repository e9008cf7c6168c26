/**
 * The kubelet's configuration file, as upstream's (`kubelet.config.k8s.io/v1beta1`), read strictly:
 * everything that is wrong is told at once, by its path.
 * differs: fields other than those about evictions, image collection, maxPods and nodeLeaseDurationSeconds are refused, not ignored.
 */
import { readConfiguration, type Section } from "#base/configuration.ts";
import { parseDuration } from "#base/duration.ts";
import { parseQuantity } from "#base/quantity.ts";
import { type SignalName, signalNames } from "./eviction/signals.ts";
import {
  type Amount,
  type EvictionSettings,
  hardDefaults,
  hardThresholds,
  isOff,
  parseAmount,
  type Threshold,
  transitionDefaultMs,
} from "./eviction/thresholds.ts";
import { defaultCollection, type ImageCollection } from "./images/image-collector.ts";
import { leaseSecondsUsual } from "./node/node-agent.ts";

export interface KubeletConfiguration {
  readonly eviction: EvictionSettings;
  readonly imageCollection: ImageCollection;
  /** So long the node counts as there after it renewed its lease: four times in that time. */
  readonly leaseSeconds: number;
  readonly podsMax?: number;
}

type Texts = Readonly<Partial<Record<SignalName, string>>>;

const expected = {
  apiVersions: ["kubelet.config.k8s.io/v1beta1"],
  kind: "KubeletConfiguration",
};

/** Says nothing. */
export const emptyKubeletFile = `apiVersion: ${expected.apiVersions[0]}\nkind: ${expected.kind}\n`;

/** `defaults`: hard thresholds where the file names none. Throws ConfigurationError. */
export const parseKubelet = (text: string, defaults: Texts = hardDefaults): KubeletConfiguration =>
  readConfiguration(text, expected, (file) => ({
    eviction: evictionIn(file, defaults),
    imageCollection: imageCollectionIn(file),
    leaseSeconds: integerIn(file, "nodeLeaseDurationSeconds", { min: 1, usual: leaseSecondsUsual }),
    ...podsMaxIn(file),
  }));

function evictionIn(file: Section, defaults: Texts): EvictionSettings {
  const hard = hardIn(file, defaults);
  const soft = softIn(file);
  const reclaims = amountsIn(file, "evictionMinimumReclaim");
  const reclaiming = (threshold: Threshold): Threshold => {
    const reclaim = reclaims.get(threshold.signal);
    return reclaim ? { ...threshold, reclaim } : threshold;
  };
  return {
    thresholds: [...hard, ...soft].map(reclaiming),
    transitionMs: durationIn(file, "evictionPressureTransitionPeriod") ?? transitionDefaultMs,
    graceSecondsMax: integerIn(file, "evictionMaxPodGracePeriod", { min: 0, usual: 0 }),
  };
}

/** Whoever names one has named them all, unless the defaults are to be merged in. exact: kubelet */
function hardIn(file: Section, defaults: Texts): readonly Threshold[] {
  const merges = file.flag("mergeDefaultEvictionSettings") ?? false;
  const section = file.section("evictionHard");
  const named = thresholdsIn(section);
  if (!section) return hardThresholds(defaults);
  const missing = merges ? signalNames.filter((signal) => !section.has(signal)) : [];
  const merged = Object.fromEntries(missing.map((signal) => [signal, defaults[signal]]));
  return [...named, ...hardThresholds(merged)];
}

function softIn(file: Section): readonly Threshold[] {
  const section = file.section("evictionSoft");
  const graces = file.section("evictionSoftGracePeriod");
  const graceOf = new Map(
    signalNames.map((signal) => [signal, graces && durationIn(graces, signal)]),
  );
  ignoreContainerFs(graces);
  return thresholdsIn(section).map((threshold) => {
    const { signal } = threshold;
    const graceMs = graceOf.get(signal);
    // exact: kubelet
    if (!graces?.has(signal))
      file.wrong(
        "evictionSoftGracePeriod",
        `grace period must be specified for the soft eviction threshold ${signal}`,
      );
    return { ...threshold, graceMs: graceMs ?? 0 };
  });
}

/** As hard ones. */
function thresholdsIn(section: Section | undefined): readonly Threshold[] {
  ignoreContainerFs(section);
  return signalNames.flatMap((signal) => {
    const text = section?.text(signal);
    if (!section || isOff(text)) return [];
    const amount = amountIn(section, signal);
    return amount ? [{ signal, amount, graceMs: 0 }] : [];
  });
}

function amountsIn(file: Section, name: string): ReadonlyMap<SignalName, Amount> {
  const section = file.section(name);
  ignoreContainerFs(section);
  const found = new Map<SignalName, Amount>();
  for (const signal of signalNames) {
    const isNothing = parseQuantity(section?.text(signal) ?? "0")?.isZero();
    const amount = section && !isNothing ? amountIn(section, signal) : undefined;
    if (amount) found.set(signal, amount);
  }
  return found;
}

function amountIn(section: Section, signal: SignalName): Amount | undefined {
  const text = section.text(signal);
  if (text === undefined) return undefined;
  const amount = parseAmount(text);
  if (!amount) {
    section.invalid(signal, 'must be a quantity such as "100Mi", or a percentage such as "10%"');
    return undefined;
  }
  const isShare = "share" in amount;
  const isPositive = isShare ? amount.share > 0 : amount.quantity.sign() > 0;
  if (!isPositive) section.invalid(signal, "must be positive");
  if (isShare && amount.share > 1) section.invalid(signal, "must be <= 100%");
  return amount;
}

/**
 * What containers write always lies where images do, or with everything else. Upstream takes these
 * names too, and does not heed them either.
 */
function ignoreContainerFs(section: Section | undefined): void {
  section?.text("containerfs.available");
  section?.text("containerfs.inodesFree");
}

function durationIn(section: Section, name: string): number | undefined {
  const text = section.text(name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) section.invalid(name, 'must be a duration such as "5m" or "1m30s"');
  else if (ms < 0) section.invalid(name, "must not be negative");
  return ms;
}

function imageCollectionIn(file: Section): ImageCollection {
  const { highPercent, lowPercent } = defaultCollection;
  const high = integerIn(file, "imageGCHighThresholdPercent", {
    min: 0,
    max: 100,
    usual: highPercent,
  });
  const low = integerIn(file, "imageGCLowThresholdPercent", {
    min: 0,
    max: 100,
    usual: lowPercent,
  });
  // exact: kubelet
  if (low >= high)
    file.invalid(
      "imageGCLowThresholdPercent",
      `must be less than imageGCHighThresholdPercent ${high}`,
      low,
    );
  return { highPercent: high, lowPercent: low };
}

function podsMaxIn(file: Section): { readonly podsMax?: number } {
  if (!file.has("maxPods")) return {};
  return { podsMax: integerIn(file, "maxPods", { min: 1, usual: 1 }) };
}

interface Range {
  readonly min: number;
  readonly max?: number;
  /** Where the file does not say. */
  readonly usual: number;
}

function integerIn(file: Section, name: string, { min, max = Infinity, usual }: Range): number {
  const value = file.integer(name) ?? usual;
  if (value < min || value > max)
    file.invalid(
      name,
      max === Infinity ? `must be at least ${min}` : `must be between ${min} and ${max}`,
    );
  return value;
}
