/**
 * Keeps fairness in step with its objects, says of each schema whether the level that it names is there, and
 * keeps the built-in ones as they have to be.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go#syncFlowSchemaStatus,
 * pkg/registry/flowcontrol/rest/storage_flowcontrol.go
 */
import { ownWrites } from "../registry/own-writes.ts";
import { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import { PriorityLevelConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { isReason } from "#api/errors.ts";
import type { WatchBatch, WatchEvent } from "#api/request.ts";
import { draftOf } from "#schema/copy.ts";
import { ensure } from "../bootstrap/ensure.ts";
import { flowControl } from "../bootstrap/flow-control.ts";
import type { KindRegistry } from "../kinds.ts";
import { follow } from "../registry/following.ts";
import type { FullRegistry } from "../registry/generic.ts";
import { timeText } from "../registry/metadata.ts";
import type { WriteContext } from "../registry/registry.ts";
import { danglingCondition, flowFollower } from "./dangling.ts";
import type { Fairness } from "./fairness.ts";

export interface FollowingOptions {
  readonly registry: FullRegistry;
  readonly fairness: Fairness;
  readonly signal: AbortSignal;
}

/** Not a new one, nor a status: what every cluster has is made at its start, and kept from then on. */
const isForeign = (event: WatchEvent): boolean =>
  event.type === "DELETED" ||
  (event.type === "MODIFIED" && (event.sealed.object.metadata.generation ?? 0) > 1);

/** Where there are such objects, until the signal aborts. */
export function followFlows(options: FollowingOptions & { readonly kinds: KindRegistry }): void {
  const { apiVersion, plural } = FlowSchema;
  if (!options.kinds.find(apiVersion, plural)) return;
  new FlowFollower(options).follow().catch((cause: unknown) => {
    options.registry.kit.log.error("flow schemas are not followed any more", { cause });
  });
}

class FlowFollower {
  readonly #options: FollowingOptions;
  readonly #how: WriteContext;
  #isSettling = false;
  #isAgain = false;
  #isForeign = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#how = ownWrites(options.signal, flowFollower);
  }

  /** Until the signal aborts. */
  async follow(): Promise<void> {
    const { registry, signal } = this.#options;
    this.#configure();
    const changed = (batch: WatchBatch): void => {
      this.#configure();
      this.#settle(batch.some(isForeign));
    };
    const kinds = [FlowSchema, PriorityLevelConfiguration];
    await Promise.all(kinds.map((kind) => follow(kind, { registry, signal, changed })));
  }

  #configure(): void {
    const { fairness, registry } = this.#options;
    const { reader } = registry;
    fairness.configure(
      reader.list(FlowSchema, "").map(({ object }) => object),
      reader.list(PriorityLevelConfiguration, "").map(({ object }) => object),
    );
  }

  /** One at a time; what changes meanwhile is looked at afterwards. */
  #settle(isChange: boolean): void {
    const { registry, signal } = this.#options;
    this.#isForeign ||= isChange;
    if (this.#isSettling) {
      this.#isAgain = true;
      return;
    }
    this.#isSettling = true;
    const isForeignNow = this.#isForeign;
    this.#isForeign = this.#isAgain = false;
    this.#mend(isForeignNow)
      .catch((cause: unknown) => {
        if (signal.aborted) return;
        registry.kit.log.error("flow schemas are not settled", { cause });
      })
      .finally(() => {
        this.#isSettling = false;
        if (this.#isAgain && !signal.aborted) this.#settle(false);
      });
  }

  async #mend(isChange: boolean): Promise<void> {
    const { registry } = this.#options;
    if (isChange) await Promise.all(flowControl.map((one) => ensure(registry, one, this.#how)));
    const schemas = registry.reader.list(FlowSchema, "");
    await Promise.all(schemas.map(({ object }) => this.#tell(object)));
  }

  async #tell(schema: FlowSchema): Promise<void> {
    const { registry } = this.#options;
    const condition = this.#conditionOf(schema);
    if (isSaid(schema, condition)) return;
    const { name = "" } = schema.metadata;
    const edit = (current: FlowSchema) => {
      const draft = draftOf(current);
      const others = (draft.status.conditions ?? []).filter(({ type }) => type !== condition.type);
      draft.status.conditions = [...others, condition];
      return draft;
    };
    try {
      const change = { namespace: "", name, part: "status", edit };
      await registry.change(FlowSchema, change, this.#how);
    } catch (cause) {
      if (!isReason(cause, "NotFound")) throw cause;
    }
  }

  #conditionOf({ spec, status }: FlowSchema) {
    const { name } = spec.priorityLevelConfiguration;
    const { registry } = this.#options;
    const isThere = registry.reader.get(PriorityLevelConfiguration, "", name) !== undefined;
    const condition = danglingCondition(name, isThere, timeText(registry.kit.clock));
    const before = status.conditions?.find(({ type }) => type === condition.type);
    return before?.status === condition.status && before.lastTransitionTime
      ? { ...condition, lastTransitionTime: before.lastTransitionTime }
      : condition;
  }
}

function isSaid({ status }: FlowSchema, wanted: { type: string; status: string; message: string }) {
  const said = status.conditions?.find(({ type }) => type === wanted.type);
  return said?.status === wanted.status && said.message === wanted.message;
}
