/** A kind that is never stored: the server computes the answer to a POST (reviews) or a GET. */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Draft } from "#schema/struct.ts";
import type { Context } from "../context.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServerPorts } from "../ports.ts";

export interface VirtualCall {
  readonly context: Context;
  readonly registry: Registry;
  readonly ports: ServerPorts;
  readonly namespace: string;
  /** Of the one object that is asked for; empty when all are. */
  readonly name: string;
  /** Who computes may leave out what it does not select; nothing else is shown in any case. */
  readonly labelSelector: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- virtual kinds of every type stand in one list.
export interface Virtual<T extends ApiObject = any> {
  readonly kind: Kind<T>;
  /** Answers with the object, completed (its status filled in). */
  readonly create?: (draft: Draft<T>, call: VirtualCall) => Promise<Draft<T>>;
  readonly list?: (call: VirtualCall) => Promise<readonly T[]>;
}

export const defineVirtual = <T extends ApiObject>(virtual: Virtual<T>): Virtual<T> =>
  Object.freeze(virtual);

export const isVirtual = (kind: AnyKind): boolean => kind.storage === undefined;
