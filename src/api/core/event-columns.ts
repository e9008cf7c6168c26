/** Cells of `kubectl get events`. upstream: pkg/printers/internalversion/printers.go, printEvent */
import { formatAge } from "#api/columns.ts";

export interface EventTimes {
  readonly eventTime: string | null;
  readonly firstTimestamp: string | null;
  readonly lastTimestamp: string | null;
  readonly count?: number | undefined;
  readonly series?:
    | { readonly count?: number | undefined; readonly lastObservedTime: string | null }
    | undefined;
}

export const firstSeen = ({ firstTimestamp, eventTime }: EventTimes, nowMs: number): string =>
  formatAge(firstTimestamp ?? eventTime, nowMs);

export function lastSeen(event: EventTimes, nowMs: number): string {
  if (event.series) return formatAge(event.series.lastObservedTime, nowMs);
  if (event.lastTimestamp !== null) return formatAge(event.lastTimestamp, nowMs);
  return firstSeen(event, nowMs);
}

export const timesSeen = ({ series, count }: EventTimes): number =>
  series ? (series.count ?? 0) : count || 1;

interface Reporter {
  readonly source: { readonly component?: string | undefined; readonly host?: string | undefined };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** `kubelet, node-1` */
export function reporterOf({ source, ...event }: Reporter): string {
  const component = source.component || event.reportingComponent;
  const instance = source.host || event.reportingInstance;
  return instance === "" ? component : `${component}, ${instance}`;
}

interface Reference {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

/** `pod/web-1` */
export const objectOf = ({ kind = "", name }: Reference): string =>
  name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
