/**
 * Progress of what takes longer than a second: a line that turns while it runs and stays, with its
 * time, when it is done. Where nobody watches (a pipe, CI), only the finished lines.
 */
import { type Clock, seconds } from "#base/clock.ts";
import type { Output } from "./command.ts";

export interface Progress {
  /** Shows `title` while `work` runs. `work` may tell more as it goes. */
  readonly step: <T>(
    title: string,
    work: (say: (detail: string) => void) => Promise<T>,
  ) => Promise<T>;
  readonly note: (text: string) => void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 80;

export function progressOn(output: Output, clock: Clock): Progress {
  return {
    note: (text) => output.write(`${text}\n`),

    async step(title, work) {
      const started = clock.monotonic();
      const line = new Line(output, clock, title);
      try {
        const result = await work((detail) => line.tell(detail));
        line.end(colour(output, 32, "✓"), clock.monotonic() - started);
        return result;
      } catch (cause) {
        line.end(colour(output, 31, "✗"), clock.monotonic() - started);
        throw cause;
      }
    },
  };
}

class Line {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #title: string;
  #detail = "";
  #frame = 0;
  #timer: Disposable | undefined;

  constructor(output: Output, clock: Clock, title: string) {
    this.#output = output;
    this.#clock = clock;
    this.#title = title;
    if (output.isTerminal) this.#turn();
  }

  tell(detail: string): void {
    this.#detail = detail;
  }

  end(mark: string, tookMs: number): void {
    this.#timer?.[Symbol.dispose]();
    const back = this.#output.isTerminal ? clearLine : "";
    const detail = this.#detail === "" ? "" : ` (${this.#detail})`;
    const took = tookMs >= seconds(0.1) ? `  ${(tookMs / 1000).toFixed(1)} s` : "";
    this.#output.write(`${back}${mark} ${this.#title}${detail}${took}\n`);
  }

  #turn(): void {
    const frame = frames[this.#frame++ % frames.length] ?? "";
    const columns = this.#output.size()?.columns ?? 80;
    const text = `${frame} ${this.#title}… ${this.#detail}`.slice(0, columns - 1);
    this.#output.write(`${clearLine}${text}`);
    this.#timer = this.#clock.after(frameMs, () => this.#turn());
  }
}

const clearLine = "\r\u001B[2K";

/** Colour only where a person looks. */
export const colour = (output: Output, code: number, text: string): string =>
  output.isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text;
