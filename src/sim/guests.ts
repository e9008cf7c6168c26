/**
 * Programs beside a simulated cluster whose work is not done by promises alone: streams, parsers. Time is
 * to stand still while they are at it, so whatever passes between them and the cluster is noted here.
 */

/** Turns of the event loop without anything passing, after which they count as done. */
const quietTurns = 12;

export class Guests {
  #left = 0;

  /** Something passed. */
  readonly touch = (): void => {
    this.#left = quietTurns;
  };

  /** Asked once in each turn. */
  isBusy(): boolean {
    return this.#left-- > 0;
  }
}
