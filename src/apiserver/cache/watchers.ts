/**
 * The watchers of a kind, found by what they select on: a change of a pod reaches the one kubelet
 * that watches that node, and is not looked at by the 5,000 others.
 */
import type { ApiObject } from "#api/kind.ts";
import type { FieldReader } from "./selection.ts";
import type { Transition } from "./transition.ts";
import type { Watcher } from "./watcher.ts";

class Groups {
  readonly #groups = new Map<string, Set<Watcher>>();

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  add(name: string, watcher: Watcher): void {
    const group = this.#groups.get(name);
    if (group) group.add(watcher);
    else this.#groups.set(name, new Set([watcher]));
  }

  delete(name: string, watcher: Watcher): void {
    const group = this.#groups.get(name);
    group?.delete(watcher);
    if (group?.size === 0) this.#groups.delete(name);
  }

  each(name: string, call: (watcher: Watcher) => void): void {
    const group = this.#groups.get(name);
    if (group) for (const watcher of group) call(watcher);
  }

  *all(): Iterable<Watcher> {
    for (const group of this.#groups.values()) yield* group;
  }
}

interface FieldGroups {
  readonly read: FieldReader;
  readonly groups: Groups;
}

export class Watchers {
  /** By namespace; those of all namespaces under the empty name. */
  readonly #byNamespace = new Groups();
  /** Those that need one value in a field, by field and value. */
  readonly #byField = new Map<string, FieldGroups>();

  get isEmpty(): boolean {
    return this.#byNamespace.isEmpty && this.#byField.size === 0;
  }

  add(watcher: Watcher): void {
    const { index, namespace } = watcher.selection;
    if (!index) {
      this.#byNamespace.add(namespace, watcher);
      return;
    }
    const found = this.#byField.get(index.path);
    const field = found ?? { read: index.read, groups: new Groups() };
    this.#byField.set(index.path, field);
    field.groups.add(index.value, watcher);
  }

  delete(watcher: Watcher): void {
    const { index, namespace } = watcher.selection;
    if (!index) {
      this.#byNamespace.delete(namespace, watcher);
      return;
    }
    const field = this.#byField.get(index.path);
    field?.groups.delete(index.value, watcher);
    if (field?.groups.isEmpty) this.#byField.delete(index.path);
  }

  /** Calls for those whom the change may concern, each at most once. */
  concernedBy({ namespace, before, after }: Transition, call: (watcher: Watcher) => void): void {
    if (namespace !== "") this.#byNamespace.each(namespace, call);
    this.#byNamespace.each("", call);
    for (const { read, groups } of this.#byField.values()) {
      const was = valueIn(read, before?.object);
      const is = valueIn(read, after?.object);
      if (was !== undefined) groups.each(was, call);
      if (is !== undefined && is !== was) groups.each(is, call);
    }
  }

  *all(): Iterable<Watcher> {
    yield* this.#byNamespace.all();
    for (const { groups } of this.#byField.values()) yield* groups.all();
  }
}

const valueIn = (read: FieldReader, object: ApiObject | undefined): string | undefined =>
  object && read(object);
