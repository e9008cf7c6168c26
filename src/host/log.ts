/** Log lines for people: time, level, message, then the fields as `name=value`. */
import type { Clock } from "#base/clock.ts";
import type { Log, LogFields } from "#base/log.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface TextLogOptions {
  /** Takes one line without its line break. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Lines below it are dropped; "info" when absent. */
  readonly level?: LogLevel;
  /** In every line. */
  readonly fields?: LogFields;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const nothing = (): void => {};

export function textLog({ write, clock, level = "info", fields = {} }: TextLogOptions): Log {
  const lowest = levels.indexOf(level);
  const head = formatFields(fields);
  const at = (lineLevel: LogLevel): Log["info"] => {
    if (levels.indexOf(lineLevel) < lowest) return nothing;
    const name = lineLevel.toUpperCase().padEnd(5);
    return (message, more) => {
      const time = new Date(clock.now()).toISOString();
      write(`${time} ${name} ${message}${head}${more ? formatFields(more) : ""}`);
    };
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => textLog({ write, clock, level, fields: { ...fields, ...more } }),
  };
}

const formatFields = (fields: LogFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${formatValue(value)}`)
    .join("");

function formatValue(value: unknown): string {
  if (value instanceof Error) return quoted(describe(value));
  if (typeof value === "string") return quoted(value);
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return String(value);
}

/** The chain of causes: the first error says what failed, the last one why. */
function describe(error: Error): string {
  const { cause } = error;
  const own = error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
  return cause instanceof Error && !own.includes(cause.message)
    ? `${own}: ${describe(cause)}`
    : own;
}

/** Bare where it stays one word; a line break must never start a line of its own. */
const quoted = (text: string): string =>
  /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
