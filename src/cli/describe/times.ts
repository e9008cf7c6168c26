/** Times as `describe` shows them: in words of RFC 1123, in the zone of whoever looks. */
import { humanDuration } from "#api/columns.ts";

/** exact: Go, time.RFC1123Z. A time that is not set is the year 1. */
export function formatMoment(time: string | null | undefined): string {
  if (!time) return "Mon, 01 Jan 0001 00:00:00 +0000";
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000);
  return local.toUTCString().replace("GMT", zoneText(offset));
}

function zoneText(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.trunc(size / 60))}${two(size % 60)}`;
}

/** `5m`, or `<unknown>` when it is not set. */
export const since = (time: string | null | undefined, nowMs: number): string =>
  time ? humanDuration(nowMs - Date.parse(time)) : "<unknown>";
