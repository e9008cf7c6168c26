/**
 * Admission: what the server itself adds to, or refuses in, a write that is allowed and valid.
 * A plugin is one file; the order is the array in `profile.ts`.
 */
import { ApiError } from "#api/errors.ts";
import type { FeatureGates } from "#api/feature-gates.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import type { Metrics } from "#base/metrics.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import type { KindRegistry } from "../kinds.ts";
import type { ServerPorts } from "../ports.ts";
import type { Reader, Waiting } from "../registry/registry.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionRequest<T = ApiObject> {
  readonly operation: Operation;
  readonly kind: AnyKind;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What stood there before; absent on CREATE. */
  readonly old: T | undefined;
  readonly user: User;
  readonly dryRun: boolean;
  readonly reader: Reader;
  readonly now: number;
  /** Warns the caller without refusing. */
  readonly warn: (text: string) => void;
  /** The kind in the version that the caller speaks; absent: `kind`, as it is stored. */
  readonly asked?: AnyKind | undefined;
  /** What stands in the object's place at some subresources: a Binding, PodExecOptions. */
  readonly body?: BodyType | undefined;
  /** The members of CreateOptions, UpdateOptions or DeleteOptions that the caller set. */
  readonly options?: object | undefined;
  /** A part of what was admitted as a whole: a binding's change of its pod. No webhook need see it. */
  readonly isAdmitted?: boolean | undefined;
  readonly waiting?: Waiting;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** Notes something for the audit log. */
  readonly annotate?: (key: string, value: string) => void;
}

export interface BodyType {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent: it is made of the query and nothing reads it again. */
  readonly schema?: AnyStruct;
}

/** What a plugin may need of the server that it runs in. */
export interface AdmissionSite {
  readonly kinds: KindRegistry;
  readonly ports: ServerPorts;
  readonly metrics: Metrics;
  readonly reader: Reader;
}

// oxlint-disable-next-line typescript/no-invalid-void-type -- most plugins return nothing.
export type Mutated = void | "again";

/** Keys that the object occupies beside its own (an address, a port), claimed in its commit. */
export interface Claim {
  /** Of an object: `storageKey(kind, namespace, name)`. */
  readonly key: string;
  /** Bytes, or an object that the registry seals (an IPAddress, a quota). Absent: given up. */
  readonly value: Uint8Array | ClaimedObject | undefined;
  /** What must still stand at the key. Absent: nothing may, or, for a key given up, anything. */
  readonly revision?: number;
}

export interface ClaimedObject {
  readonly kind: AnyKind;
  /** Canonical; a new one needs a name only: uid and creation time are filled in. */
  readonly object: Draft<ApiObject>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- plugins of every kind stand in one list.
export interface Admission<T = any> {
  /** As in `--enable-admission-plugins`. */
  readonly name: string;
  /** The kinds it looks at; all of them when absent. */
  readonly on?: readonly AnyKind[];
  readonly when: readonly Operation[];
  /** Subresources it looks at as well; only the object itself when absent. */
  readonly subresources?: readonly string[] | "all";
  /** Called once, when the server is put together, before anything is admitted. */
  readonly attach?: (site: AdmissionSite) => void;
  /**
   * Edits the object in place. Runs in profile order, before validation. Throws to refuse. "again":
   * strangers changed it, so all that mutates is to see it once more (and only once), with the same
   * request.
   */
  readonly mutate?: (draft: Draft<T>, request: AdmissionRequest<T>) => Mutated | Promise<Mutated>;
  /**
   * What of validation the kind itself cannot do: expressions that do not compile. Its errors stand
   * beside those of the kind, so it sees objects that are wrong otherwise, too. At the object only.
   */
  readonly check?: (object: T, request: AdmissionRequest<T>) => Iterable<FieldError>;
  /** Sees the final object. Yields field errors, or throws `refused(…)`. Must not change it. */
  readonly validate?: (
    object: T,
    request: AdmissionRequest<T>,
  ) => Iterable<FieldError> | Promise<void> | void;
  /**
   * After validation, just before the commit; tried again from newer state on a conflict, then with
   * the draft as it was before the first try. Runs on dry runs too, so that refusals show.
   */
  readonly claim?: (draft: Draft<T>, request: AdmissionRequest<T>) => readonly Claim[];
  /** `claim` writes what it took into the draft, so each try gets a copy. */
  readonly isClaimEditing?: true;
}

export const defineAdmission = <T extends ApiObject>(admission: Admission<T>): Admission<T> =>
  Object.freeze(admission);

/** The refusal of a plugin: 403, as upstream's `admission.NewForbidden`. */
export function refused({ kind, name }: AdmissionRequest, why: string): ApiError {
  const { group, plural } = kind;
  const subject = group === "" ? plural : `${plural}.${group}`;
  return new ApiError("Forbidden", `${subject} ${JSON.stringify(name)} is forbidden: ${why}`, {
    details: { name, ...(group === "" ? {} : { group }), kind: plural },
  });
}
