/** What happened to an object: the end of most pages. */
import type { AnyKind } from "#api/kind.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { mirrorAnnotation } from "#api/core/pod-conditions.ts";
import type { Manifest } from "../resources/manifest.ts";
import type { Session } from "../session.ts";
import type { Telling } from "./describer.ts";
import type { Page } from "./page.ts";
import { since } from "./times.ts";

/** Oldest first. */
export async function eventsAbout(
  { client, shell }: Session,
  kind: AnyKind,
  { metadata }: Manifest,
): Promise<readonly Event[]> {
  const uids = new Set([metadata.annotations?.[mirrorAnnotation] ?? metadata.uid]);
  // Kubelets have no UID for their node: they put its name there.
  if (kind === Node) uids.add(metadata.name);
  const fieldSelector = [
    `involvedObject.name=${metadata.name}`,
    `involvedObject.kind=${kind.kind}`,
  ];
  const { items } = await client.list(Event, {
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    fieldSelector: fieldSelector.join(","),
    signal: shell.signal,
  });
  return items
    .filter(({ involvedObject }) => uids.has(involvedObject.uid ?? metadata.uid))
    .toSorted((a, b) => timeOf(a) - timeOf(b));
}

export const timeOf = ({ lastTimestamp, series, eventTime, metadata }: Event): number =>
  Date.parse(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "",
  ) || 0;

export function describeEvents(page: Page, { events, nowMs }: Telling): void {
  if (!events) return;
  if (events.length === 0) return page.line(0, "Events:", "<none>");
  page.flush();
  page.line(0, "Events:");
  page.line(1, "Type", "Reason", "Age", "From", "Message");
  page.line(1, "----", "------", "----", "----", "-------");
  for (const event of events) {
    const { type = "", reason = "", source, reportingComponent } = event;
    const age = howOften(event, nowMs);
    page.line(1, type, reason, age, source.component || reportingComponent, saying(event));
  }
}

/** `2s (x3 over 1m)` */
function howOften(event: Event, nowMs: number): string {
  const { series, count = 0, eventTime, firstTimestamp, lastTimestamp } = event;
  const first = since(eventTime ?? firstTimestamp, nowMs);
  if (series) return `${since(series.lastObservedTime, nowMs)} (x${series.count} over ${first})`;
  return count > 1 ? `${since(lastTimestamp, nowMs)} (x${count} over ${first})` : first;
}

/** The part of the object that it is about, if any, stands before. */
function saying({ message = "", involvedObject: { fieldPath } }: Event): string {
  const text = message.trim();
  return fieldPath ? `${fieldPath}: ${text}` : text;
}
