import { s, type ValueOf } from "#schema/struct.ts";

export const Condition = s.struct(
  "meta/v1.Condition",
  {
    type: s.string(1, { doc: "What it is about, in CamelCase.", required: true }),
    status: s.string(2, { doc: "True, False or Unknown.", required: true }),
    observedGeneration: s.int64(3, { doc: "The generation it was found for." }),
    lastTransitionTime: s.time(4, { doc: "When the status changed last.", required: true }),
    reason: s.string(5, { doc: "Why, in one word for machines.", required: true }),
    message: s.string(6, { doc: "Why, for people; may be empty.", required: true }),
  },
  { doc: "A statement about the state of an object, true, false or unknown." },
);

export interface Condition extends ValueOf<typeof Condition> {}
