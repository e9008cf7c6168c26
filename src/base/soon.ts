/**
 * What is mostly there at once, and only sometimes has to be waited for. Whoever passes it on without `await`
 * spares everybody the wait that nobody needed: an `await` costs more than most of what stands between two of them.
 */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: now, when it is there. */
export const whenThere = <T, R>(value: Soon<T>, goOn: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(goOn) : goOn(value);

/** Does the work and goes on with what came of it, be it a value or a failure: now, when it is done. */
export function finish<T, R>(
  work: () => Soon<T>,
  end: (value: T) => Soon<R>,
  fail: (cause: unknown) => Soon<R>,
): Soon<R> {
  let value: Soon<T>;
  try {
    value = work();
  } catch (cause) {
    return fail(cause);
  }
  return value instanceof Promise ? value.then(end, fail) : end(value);
}
