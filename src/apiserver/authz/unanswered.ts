/**
 * Asking where nobody can wait, as in the middle of an expression: who has to wait for an answer is
 * stopped, and begins again when it is there. Answers are kept, so that each is waited for once.
 */
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";

/** Thrown through whoever asked, up to `whenAnswered`. */
class Unanswered extends Error {
  override readonly name = "Unanswered";
  readonly answer: Promise<unknown>;

  constructor(answer: Promise<unknown>) {
    super("the answer is not there yet");
    this.answer = answer;
  }
}

/** What is asked on behalf of one request. */
export class Questions {
  readonly #authorizer: Authorizer;
  readonly #answers = new Map<string, Decision>();

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** At once, or not at all: see `whenAnswered`. */
  ask(attributes: Attributes): Decision {
    const answers = this.#answers;
    const known = answers.size > 0 ? answers.get(keyOf(attributes)) : undefined;
    if (known) return known;
    const answer = this.#authorizer.authorize(attributes);
    if (!(answer instanceof Promise)) return answer;
    throw new Unanswered(answer.then((decision) => answers.set(keyOf(attributes), decision)));
  }
}

const keyOf = (attributes: Attributes): string => JSON.stringify(attributes);

/** Does the work, again and again until it needs no answer that is not there. It must be repeatable. */
export function whenAnswered<T>(work: () => T): T | Promise<Awaited<T>> {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Unanswered)) throw cause;
    return cause.answer.then(() => whenAnswered(work)) as Promise<Awaited<T>>;
  }
}
