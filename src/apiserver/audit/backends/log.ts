/**
 * Events as lines of JSON in a file that is rotated by size; old ones are removed by age and number.
 * upstream: apiserver/plugin/pkg/audit/log; files are named as lumberjack names them.
 */
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import type { AuditBackend } from "../auditor.ts";

export interface LogBackendOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly path: string;
  /** Larger files are rotated. */
  readonly sizeMegabytesMax: number;
  /** 0: they are not removed for their age. */
  readonly ageDaysMax: number;
  /** 0: they are not counted. */
  readonly backupsMax: number;
}

const dayMs = 86_400_000;
const megabyte = 1024 * 1024;
/** What the disk does not take in time is lost, and counted: the server's memory is not the log. */
const waitingLengthMax = 32 * megabyte;

export function logBackend(options: LogBackendOptions): AuditBackend {
  const { log, metrics } = options;
  const errors = errorsOf(metrics, "log");
  const file = new RotatingFile(options);
  let lines: string[] = [];
  let length = 0;
  let working: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    while (lines.length > 0) {
      const batch = lines;
      lines = [];
      length = 0;
      try {
        await file.append(batch.join(""));
      } catch (cause) {
        errors.inc(batch.length);
        log.error("audit events are lost: the file cannot be written", { cause });
      }
    }
    working = undefined;
  };

  return {
    write: (events) => {
      for (const event of events) {
        const line = `${JSON.stringify(event)}\n`;
        if (length + line.length > waitingLengthMax) {
          errors.inc();
          continue;
        }
        lines.push(line);
        length += line.length;
      }
      working ??= work();
    },
    [Symbol.asyncDispose]: async () => working,
  };
}

export const errorsOf = (metrics: Metrics, plugin: string) =>
  metrics
    .counter(
      "apiserver_audit_error_total",
      "Counter of audit events that failed to be audited properly.",
      ["plugin"],
    )
    .with(plugin);

class RotatingFile {
  readonly #options: LogBackendOptions;
  readonly #folder: string;
  readonly #stem: string;
  readonly #ending: string;
  /** Undefined until it was looked at. */
  #bytes: number | undefined;

  constructor(options: LogBackendOptions) {
    const { path } = options;
    const [name = ""] = path.split("/").slice(-1);
    const dot = name.lastIndexOf(".");
    this.#options = options;
    this.#folder = path.slice(0, -name.length - 1) || "/";
    this.#stem = dot > 0 ? name.slice(0, dot) : name;
    this.#ending = dot > 0 ? name.slice(dot) : "";
  }

  async append(text: string): Promise<void> {
    const { disk, path, sizeMegabytesMax } = this.#options;
    const bytes = Buffer.byteLength(text);
    this.#bytes ??= await this.#open();
    if (this.#bytes > 0 && this.#bytes + bytes > sizeMegabytesMax * megabyte) await this.#rotate();
    await disk.append(path, text);
    this.#bytes += bytes;
  }

  async #open(): Promise<number> {
    const { disk, path } = this.#options;
    await disk.makeFolder(this.#folder, 0o700);
    const facts = await disk.facts(path);
    if (!facts) await disk.write(path, "", 0o600);
    return facts?.bytes ?? 0;
  }

  async #rotate(): Promise<void> {
    const { disk, clock, path } = this.#options;
    const time = new Date(clock.now()).toISOString().slice(0, -1).replaceAll(":", "-");
    await disk.rename(path, `${this.#folder}/${this.#stem}-${time}${this.#ending}`);
    await disk.write(path, "", 0o600);
    this.#bytes = 0;
    await this.#removeOld();
  }

  async #removeOld(): Promise<void> {
    const { disk, clock, ageDaysMax, backupsMax } = this.#options;
    const names = (await disk.list(this.#folder)) ?? [];
    const backups = names.filter((name) => this.#timeOf(name) !== undefined).toReversed();
    const oldest = clock.now() - ageDaysMax * dayMs;
    const isTooOld = (name: string): boolean =>
      ageDaysMax > 0 && (this.#timeOf(name) ?? 0) < oldest;
    for (const [at, name] of backups.entries())
      if ((backupsMax > 0 && at >= backupsMax) || isTooOld(name))
        await disk.remove(`${this.#folder}/${name}`);
  }

  /** Of a rotated file, from its name. */
  #timeOf(name: string): number | undefined {
    if (!name.startsWith(`${this.#stem}-`) || !name.endsWith(this.#ending)) return undefined;
    const text = name.slice(this.#stem.length + 1, name.length - this.#ending.length);
    const [, day, hour, minute, second] =
      /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text) ?? [];
    const time = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
    return Number.isNaN(time) ? undefined : time;
  }
}
