/**
 * A subresource with behaviour of its own (binding, eviction, log, exec…): one file each.
 * `status` and `scale` are not among them: they are traits of the kind, served generically.
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Draft } from "#schema/struct.ts";
import type { Context } from "../context.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServerPorts } from "../ports.ts";

export interface SubresourceCall {
  readonly context: Context;
  readonly registry: Registry;
  readonly ports: ServerPorts;
  /** How to write on the caller's behalf. */
  readonly how: WriteContext;
  /** The body, decoded by the subresource's kind, defaulted; throws BadRequest. */
  readonly body: <T extends ApiObject>() => Promise<Draft<T>>;
  /**
   * Runs admission on a body that is no object of the kind (Binding, Eviction, TokenRequest: CREATE)
   * or on a connection's options (exec: CONNECT), as this subresource of this object.
   */
  readonly admit: (operation: "CREATE" | "CONNECT", body: Draft<ApiObject>) => Promise<void>;
}

export interface Subresource {
  readonly of: AnyKind;
  /** As in the path: `exec`. */
  readonly name: string;
  /** As discovery lists them. */
  readonly verbs: readonly string[];
  /** HTTP methods it answers. */
  readonly methods: readonly string[];
  /** The kind of its body or options in discovery: `Eviction`, `PodExecOptions`. */
  readonly kind: string;
  /** Where that kind is of another group. */
  readonly groupVersion?: { readonly group: string; readonly version: string };
  /** The kind that bodies are decoded by, when there are bodies. */
  readonly bodyKind?: AnyKind;
  /** Answers the request itself. */
  readonly serve?: (call: SubresourceCall) => Promise<ApiResponse>;
  /**
   * Instead of `serve`, where it is a part of the object (finalize, approval, ephemeralcontainers,
   * resize): GET, PUT and every PATCH are served as for the object itself; this makes the object to
   * write out of the one that the caller sent. It holds all the rules, see `Part` in registry.ts.
   */
  readonly edit?: Revise;
}

/** Throws to refuse. `current` is frozen; `wanted` may be changed and returned. */
// oxlint-disable-next-line typescript/no-explicit-any -- subresources of every kind stand in one list.
export type Revise<T extends ApiObject = any> = (
  wanted: Draft<T>,
  current: T,
  context: Context,
) => Draft<T>;

export const defineSubresource = (subresource: Subresource): Subresource =>
  Object.freeze(subresource);
