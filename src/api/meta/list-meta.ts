import { s, type ValueOf } from "#schema/struct.ts";

export const ShardInfo = s.struct("meta/v1.ShardInfo", {
  selector: s.string(1, { required: true }),
});

export interface ShardInfo extends ValueOf<typeof ShardInfo> {}

export const ListMeta = s.struct(
  "meta/v1.ListMeta",
  {
    selfLink: s.string(1, { doc: "Unused.", deprecated: true }),
    resourceVersion: s.string(2, {
      doc: "The state of the store that the list shows; a watch goes on from here.",
    }),
    continue: s.string(3, { doc: "Where to go on: there are more objects." }),
    remainingItemCount: s.int64(4, { doc: "How many more there are, if known.", optional: true }),
    shardInfo: s.object(5, ShardInfo, { optional: true, gate: "ShardedListAndWatch" }),
  },
  { doc: "Which state a list shows, and how to go on with it." },
);

export interface ListMeta extends ValueOf<typeof ListMeta> {}
