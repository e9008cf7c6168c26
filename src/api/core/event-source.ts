import { s, type ValueOf } from "#schema/struct.ts";

export const EventSource = s.struct("core/v1.EventSource", {
  component: s.string(1, { doc: "The component that reports." }),
  host: s.string(2, { doc: "The node it runs on." }),
});

export interface EventSource extends ValueOf<typeof EventSource> {}
