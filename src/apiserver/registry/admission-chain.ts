/** The admission plugins of the profile, in its order, sorted by what they look at. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Admission, AdmissionRequest, AdmissionSite, Claim } from "../admission/admission.ts";

export class AdmissionChain {
  readonly #plugins: readonly Admission[];
  /** By kind, then by operation and subresource. */
  readonly #concerned = new WeakMap<AnyKind, Map<string, readonly Admission[]>>();

  constructor(plugins: readonly Admission[]) {
    this.#plugins = plugins;
  }

  attach(site: AdmissionSite): void {
    for (const plugin of this.#plugins) plugin.attach?.(site);
  }

  async mutate(draft: Draft<ApiObject>, request: AdmissionRequest): Promise<void> {
    if (await this.#mutateOnce(draft, request)) await this.#mutateOnce(draft, request);
  }

  /** Whether some plugin wants all of them to have another look. */
  async #mutateOnce(draft: Draft<ApiObject>, request: AdmissionRequest): Promise<boolean> {
    let isDueAgain = false;
    for (const plugin of this.#for(request)) {
      let mutated = plugin.mutate?.(draft, request);
      if (mutated instanceof Promise) mutated = await mutated;
      isDueAgain ||= mutated === "again";
    }
    return isDueAgain;
  }

  /** Every violation of every plugin. */
  async validate(object: ApiObject, request: AdmissionRequest): Promise<readonly FieldError[]> {
    const errors: FieldError[] = [];
    for (const plugin of this.#for(request)) {
      const found = plugin.validate?.(object, request);
      if (!found) continue;
      if (isIterable(found)) errors.push(...found);
      else await found;
    }
    return errors;
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
