/** Structured logging: constant messages, variables as fields, never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
  /** A log whose every line also carries `fields`. */
  readonly with: (fields: LogFields) => Log;
}

const nothing = (): void => {};

/** For tests and for callers that do not care. */
export const silent: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  with: () => silent,
};
