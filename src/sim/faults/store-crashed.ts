/** Nothing can be written. */
import { defineFault } from "./fault.ts";

export const storeCrashed = defineFault<object>({
  draw: () => ({}),

  strike: ({ store }) =>
    store.add(async () => {
      throw new Error("the store does not answer");
    }),
});
