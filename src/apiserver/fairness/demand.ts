/** How many seats a level would have liked to have over a while: most, on average, and how unsteadily. */
export class Demand {
  #since: number;
  #last: number;
  #now: number;
  #sum = 0;
  #squares = 0;
  #most: number;

  constructor(atMs: number, seats: number) {
    this.#since = this.#last = atMs;
    this.#now = this.#most = seats;
  }

  set(atMs: number, seats: number): void {
    this.#pass(atMs);
    this.#now = seats;
    this.#most = Math.max(this.#most, seats);
  }

  /** What was seen since the last time; it starts again. */
  take(atMs: number): { readonly most: number; readonly usual: number } {
    this.#pass(atMs);
    const tookMs = atMs - this.#since;
    const average = tookMs > 0 ? this.#sum / tookMs : this.#now;
    const variance = tookMs > 0 ? this.#squares / tookMs - average * average : 0;
    const seen = { most: this.#most, usual: average + Math.sqrt(Math.max(0, variance)) };
    this.#since = atMs;
    this.#sum = this.#squares = 0;
    this.#most = this.#now;
    return seen;
  }

  #pass(atMs: number): void {
    const tookMs = atMs - this.#last;
    this.#sum += tookMs * this.#now;
    this.#squares += tookMs * this.#now * this.#now;
    this.#last = atMs;
  }
}
