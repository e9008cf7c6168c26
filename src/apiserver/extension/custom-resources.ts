/**
 * Follows the definitions of custom resources: grants names, serves what is defined, and takes it away
 * again. What a definition's status says is true already when it is written.
 */
import { ownWrites } from "../registry/own-writes.ts";
import { cleanupFinalizer, setCondition } from "#api/apiextensions/crd-conditions.ts";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { isReason } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { seconds, sleep } from "#base/clock.ts";
import { equal } from "#schema/copy.ts";
import type { RulesForObject } from "./cel-rules.ts";
import type { KindRegistry } from "../kinds.ts";
import { follow } from "../registry/following.ts";
import type { FullRegistry } from "../registry/generic.ts";
import { timeText } from "../registry/metadata.ts";
import type { WriteContext } from "../registry/registry.ts";
import type { ConversionWays } from "./conversion-webhook.ts";
import { type CustomKinds, customKindsOf } from "./custom-kind.ts";
import {
  isEstablished,
  namesTaken,
  removed,
  removing,
  settledStatus,
} from "./definition-status.ts";
import { removeInstances } from "./instances.ts";

export interface CustomResourcesOptions {
  readonly registry: FullRegistry;
  readonly kinds: KindRegistry;
  readonly signal: AbortSignal;
  /** Judges what schemas cannot say (x-kubernetes-validations). */
  readonly rules?: RulesForObject;
  readonly conversion?: ConversionWays;
}

/** What is served of one definition. */
interface Installed extends CustomKinds {
  /** What it was made of. */
  readonly from: CustomResourceDefinition;
}

const retryMs = seconds(1);

export class CustomResources {
  readonly #options: CustomResourcesOptions;
  readonly #how: WriteContext;
  /** By the definition's name. */
  readonly #installed = new Map<string, Installed>();
  readonly #removals = new Map<string, AbortController>();
  /** Definitions that are looked at again. */
  readonly #retries = new Map<string, Disposable>();

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#how = ownWrites(options.signal);
  }

  /** Serves what was established before the server started. */
  async load(): Promise<void> {
    await Promise.all(
      this.#all()
        .filter(isEstablished)
        .map((each) => this.#install(each)),
    );
  }

  /** Until the signal aborts. */
  follow(): Promise<void> {
    const { registry, signal } = this.#options;
    const stop = (): void => {
      for (const timer of this.#retries.values()) timer[Symbol.dispose]();
    };
    signal.addEventListener("abort", stop, { once: true });
    return follow(CustomResourceDefinition, {
      registry,
      signal,
      changed: async (batch) => {
        const names = batch.flatMap((event) => ("sealed" in event ? [nameIn(event.sealed)] : []));
        for (const name of new Set(names)) await this.#attend(name);
      },
    });
  }

  #all(): readonly CustomResourceDefinition[] {
    return this.#options.registry.reader
      .list(CustomResourceDefinition, "")
      .map(({ object }) => object);
  }

  #find(name: string): CustomResourceDefinition | undefined {
    return this.#options.registry.reader.get(CustomResourceDefinition, "", name)?.object;
  }

  /** One definition that fails must not keep the others waiting: it is tried again. */
  async #attend(name: string): Promise<void> {
    const { registry, signal } = this.#options;
    const { log, clock } = registry.kit;
    this.#retries.get(name)?.[Symbol.dispose]();
    this.#retries.delete(name);
    try {
      await this.#settle(name);
    } catch (cause) {
      if (signal.aborted || isReason(cause, "NotFound")) return;
      log.error("a definition of custom resources is not settled", { name, cause });
      this.#retries.set(
        name,
        clock.after(retryMs, () => void this.#attend(name)),
      );
    }
  }

  async #settle(name: string): Promise<void> {
    const definition = this.#find(name);
    if (!definition) {
      this.#withdraw(name);
      await this.#settleNeighbours(name);
      return;
    }
    if (definition.metadata.deletionTimestamp) {
      await this.#beginRemoval(definition);
      return;
    }
    const status = this.#statusOf(definition);
    if (isEstablished({ ...definition, status })) await this.#install({ ...definition, status });
    if (equal(status, definition.status)) return;
    await this.#write(name, (current) => this.#statusOf(current));
    await this.#settleNeighbours(name);
  }

  #statusOf(definition: CustomResourceDefinition): CustomResourceDefinition["status"] {
    const { metadata, spec } = definition;
    const others = this.#all().filter(
      (other) => other.spec.group === spec.group && other.metadata.name !== metadata.name,
    );
    return settledStatus(
      definition,
      namesTaken(others),
      timeText(this.#options.registry.kit.clock),
    );
  }

  /** Those of the same group that were refused a name may have it now. */
  async #settleNeighbours(name: string): Promise<void> {
    const group = name.slice(name.indexOf(".") + 1);
    for (const other of this.#all()) {
      const { metadata, spec, status } = other;
      const isRefused = !equal(spec.names, status.acceptedNames);
      if (spec.group !== group || metadata.name === name || !isRefused) continue;
      if (!equal(this.#statusOf(other), status)) await this.#attend(metadata.name ?? "");
    }
  }

  async #write(
    name: string,
    edit: (current: CustomResourceDefinition) => CustomResourceDefinition["status"],
  ): Promise<void> {
    await this.#options.registry.change(
      CustomResourceDefinition,
      { namespace: "", name, part: "status", edit: (now) => ({ ...now, status: edit(now) }) },
      this.#how,
    );
  }

  async #install(definition: CustomResourceDefinition): Promise<void> {
    const { kinds, rules, conversion } = this.#options;
    const { name = "" } = definition.metadata;
    const before = this.#installed.get(name);
    if (before ? isSameDefinition(before.from, definition) : this.#isBuiltIn(definition)) return;
    const made: Installed = {
      ...customKindsOf(definition, { rules, conversion }),
      from: definition,
    };
    await this.#cache(made.storage, before?.storage);
    this.#installed.set(name, made);
    for (const { kind } of before?.served ?? []) {
      if (!made.served.some((served) => served.kind.apiVersion === kind.apiVersion)) {
        kinds.withdraw(kind);
      }
    }
    for (const served of made.served) kinds.serve(served);
  }

  async #cache(kind: AnyKind, before: AnyKind | undefined): Promise<void> {
    const { cache } = this.#options.registry.kit;
    if (!cache.has(kind)) await cache.add(kind);
    else if (!before || !isStoredAlike(before, kind)) cache.replace(kind);
  }

  /** What the server brings itself is never replaced: as upstream, such a definition has no effect. */
  #isBuiltIn({ spec: { group }, status: { acceptedNames } }: CustomResourceDefinition): boolean {
    for (const { kind } of this.#options.kinds.all()) {
      if (kind.group === group && kind.plural === acceptedNames.plural) return true;
    }
    return false;
  }

  #withdraw(name: string): void {
    const { kinds, registry } = this.#options;
    this.#removals.get(name)?.abort();
    this.#removals.delete(name);
    const installed = this.#installed.get(name);
    if (!installed) return;
    this.#installed.delete(name);
    for (const { kind } of installed.served) kinds.withdraw(kind);
    registry.kit.cache.remove(installed.storage);
  }

  /** It takes as long as finalizers of instances do: the others are not to wait for it. */
  async #beginRemoval(definition: CustomResourceDefinition): Promise<void> {
    const { name = "", finalizers = [] } = definition.metadata;
    if (isEstablished(definition)) await this.#install(definition);
    if (!finalizers.includes(cleanupFinalizer) || this.#removals.has(name)) return;
    const stop = new AbortController();
    this.#removals.set(name, stop);
    const signal = AbortSignal.any([stop.signal, this.#options.signal]);
    void this.#remove(name, signal);
  }

  async #remove(name: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.registry.kit;
    while (!signal.aborted) {
      try {
        await this.#removeOnce(name, signal);
        return;
      } catch (cause) {
        if (signal.aborted || isReason(cause, "NotFound")) return;
        log.error("the instances of a definition are not removed", { name, cause });
        await sleep(clock, retryMs, signal);
      }
    }
  }

  async #removeOnce(name: string, signal: AbortSignal): Promise<void> {
    const { registry } = this.#options;
    const now = (): string => timeText(registry.kit.clock);
    const storage = this.#installed.get(name)?.storage;
    if (storage) {
      await this.#write(name, ({ status }) => setCondition(status, removing, now()));
      await removeInstances({ registry, how: this.#how }, storage, signal);
    }
    if (signal.aborted) return;
    await this.#write(name, ({ status }) => setCondition(status, removed, now()));
    await registry.change(
      CustomResourceDefinition,
      { namespace: "", name, edit: withoutFinalizer },
      this.#how,
    );
  }
}

const nameIn = ({ object }: Sealed): string => object.metadata.name ?? "";

/** Nothing that its kinds are made of differs. */
const isSameDefinition = (a: CustomResourceDefinition, b: CustomResourceDefinition): boolean =>
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
  equal(a.spec, b.spec) &&
  equal(a.status.acceptedNames, b.status.acceptedNames);

/** Then what is stored is as good as it was, and nobody who watches it need know. */
const isStoredAlike = (a: AnyKind, b: AnyKind): boolean =>
  a.apiVersion === b.apiVersion &&
  !a.conversion === !b.conversion &&
  storedSchemas(a).length === storedSchemas(b).length &&
  storedSchemas(a).every((schema, index) => equal(schema, storedSchemas(b)[index]));

const storedSchemas = ({ schema, conversion, versions = new Map() }: AnyKind): readonly unknown[] =>
  conversion
    ? [...versions].flatMap(([name, { options }]) => [name, options.open])
    : [schema.options.open];

const withoutFinalizer = (definition: CustomResourceDefinition): CustomResourceDefinition => ({
  ...definition,
  metadata: {
    ...definition.metadata,
    finalizers: definition.metadata.finalizers?.filter((other) => other !== cleanupFinalizer),
  },
});
