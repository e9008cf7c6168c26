import { s, type ValueOf } from "#schema/struct.ts";

export const ShardInfo = s.struct("meta/v1.ShardInfo", {
  selector: s.string(1, { required: true }),
});

export interface ShardInfo extends ValueOf<typeof ShardInfo> {}

export const ListMeta = s.struct("meta/v1.ListMeta", {
  selfLink: s.string(1, { deprecated: true }),
  resourceVersion: s.string(2),
  continue: s.string(3),
  remainingItemCount: s.int64(4, { optional: true }),
  shardInfo: s.object(5, ShardInfo, { optional: true, gate: "ShardedListAndWatch" }),
});

export interface ListMeta extends ValueOf<typeof ListMeta> {}
