/** Requests of one flow schema, and what became of them. */
import type { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import type { User } from "#api/request.ts";
import type { HttpHeaders } from "#base/http.ts";
import type { RequestInfo } from "../context.ts";
import type { Level } from "./level.ts";

/** exact: apiserver, as the reasons of apiserver_flowcontrol_rejected_requests_total */
export type Refusal = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** Kept while the schema changes. */
export class FlowCounts {
  executing = 0;
  seats = 0;
  waiting = 0;
  dispatched = 0;
  readonly refused = new Map<Refusal, number>();

  refuse(reason: Refusal): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

export interface Flow {
  readonly name: string;
  readonly level: Level;
  readonly counts: FlowCounts;
  /** Of every answer: which schema and level it was. Frozen. */
  readonly headers: HttpHeaders;
  /** What tells the flows of the schema apart. */
  readonly distinguish: (user: User, info: RequestInfo) => string;
}

const distinguishers: Readonly<Record<string, Flow["distinguish"]>> = {
  ByUser: ({ name }) => name,
  ByNamespace: (_, { namespace }) => namespace,
};

const oneFlow = (): string => "";

export function flowOf(
  { metadata, spec }: Pick<FlowSchema, "metadata" | "spec">,
  level: Level,
  counts: FlowCounts,
): Flow {
  return {
    name: metadata.name ?? "",
    level,
    counts,
    // exact: apiserver
    headers: Object.freeze({
      "x-kubernetes-pf-flowschema-uid": metadata.uid ?? "",
      "x-kubernetes-pf-prioritylevel-uid": level.uid,
    }),
    distinguish: distinguishers[spec.distinguisherMethod?.type ?? ""] ?? oneFlow,
  };
}
