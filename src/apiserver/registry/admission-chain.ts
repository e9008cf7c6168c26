/** The admission plugins of the profile, in its order, sorted by what they look at. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Admission, AdmissionRequest, AdmissionSite, Claim } from "../admission/admission.ts";
import { AdmissionTimes, type StepType } from "./admission-times.ts";

export class AdmissionChain {
  readonly #plugins: readonly Admission[];
  /** By kind, then by operation and subresource. */
  readonly #concerned = new WeakMap<AnyKind, Map<string, readonly Admission[]>>();
  /** Absent until it is attached to a server. */
  #times: AdmissionTimes | undefined;

  constructor(plugins: readonly Admission[]) {
    this.#plugins = plugins;
  }

  attach(site: AdmissionSite): void {
    this.#times = new AdmissionTimes(site.metrics, site.ports.clock);
    for (const plugin of this.#plugins) plugin.attach?.(site);
  }

  async mutate(draft: Draft<ApiObject>, request: AdmissionRequest): Promise<void> {
    await this.#timed("admit", request, async () => {
      if (await this.#mutateOnce(draft, request)) await this.#mutateOnce(draft, request);
      return false;
    });
  }

  /** Whether some plugin wants all of them to have another look. */
  async #mutateOnce(draft: Draft<ApiObject>, request: AdmissionRequest): Promise<boolean> {
    const { operation } = request;
    let isDueAgain = false;
    for (const plugin of this.#for(request)) {
      if (!plugin.mutate) continue;
      const taken = this.#begin();
      try {
        let mutated = plugin.mutate(draft, request);
        if (mutated instanceof Promise) mutated = await mutated;
        isDueAgain ||= mutated === "again";
        taken.isRejected = false;
      } finally {
        this.#times?.plugin("admit", { name: plugin.name, operation }, taken);
      }
    }
    return isDueAgain;
  }

  /** Every violation of every plugin. */
  async validate(object: ApiObject, request: AdmissionRequest): Promise<readonly FieldError[]> {
    const { operation } = request;
    const errors: FieldError[] = [];
    await this.#timed("validate", request, async () => {
      for (const plugin of this.#for(request)) {
        if (!plugin.validate) continue;
        const taken = this.#begin();
        const before = errors.length;
        try {
          const found = plugin.validate(object, request);
          if (found && isIterable(found)) errors.push(...found);
          else if (found) await found;
          taken.isRejected = errors.length > before;
        } finally {
          this.#times?.plugin("validate", { name: plugin.name, operation }, taken);
        }
      }
      return errors.length > 0;
    });
    return errors;
  }

  /** The whole step; `work` says whether it ended in a refusal. */
  async #timed(
    type: StepType,
    { operation }: AdmissionRequest,
    work: () => Promise<boolean>,
  ): Promise<void> {
    const taken = this.#begin();
    try {
      taken.isRejected = await work();
    } finally {
      this.#times?.step(type, operation, taken);
    }
  }

  /** What throws is a refusal. */
  #begin(): { readonly started: number; isRejected: boolean } {
    return { started: this.#times?.now() ?? 0, isRejected: true };
  }

  /** What the object occupies besides its own key. */
  claims(draft: Draft<ApiObject>, request: AdmissionRequest): readonly Claim[] {
    const claims: Claim[] = [];
    for (const plugin of this.#for(request)) {
      const more = plugin.claim?.(draft, request);
      if (more && more.length > 0) claims.push(...more);
    }
    return claims;
  }

  /** Claiming edits the draft. */
  isEditingInClaims(request: AdmissionRequest): boolean {
    return this.#for(request).some(({ isClaimEditing }) => isClaimEditing === true);
  }

  #for({ kind, operation, subresource }: AdmissionRequest): readonly Admission[] {
    let ofKind = this.#concerned.get(kind);
    if (!ofKind) this.#concerned.set(kind, (ofKind = new Map<string, readonly Admission[]>()));
    const key = subresource === "" ? operation : `${operation} ${subresource}`;
    const known = ofKind.get(key);
    if (known) return known;
    const found = this.#plugins.filter(
      (plugin) =>
        plugin.when.includes(operation) &&
        (plugin.on === undefined || plugin.on.some((on) => isSameKind(on, kind))) &&
        (subresource === "" ||
          plugin.subresources === "all" ||
          plugin.subresources?.includes(subresource) === true),
    );
    ofKind.set(key, found);
    return found;
  }
}

const isSameKind = (a: AnyKind, b: AnyKind): boolean =>
  a === b || (a.apiVersion === b.apiVersion && a.plural === b.plural);

const isIterable = (value: Iterable<FieldError> | Promise<void>): value is Iterable<FieldError> =>
  Symbol.iterator in value;
