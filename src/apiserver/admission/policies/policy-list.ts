/**
 * The policies that are bound, in the order of their names, with what their expressions compile to.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_source.go
 */
import type {
  MatchResources,
  ParamKind,
  ParamRef,
} from "#api/admissionregistration/policy-rules.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { AdmissionRequest, AdmissionSite } from "../admission.ts";
import { type Criteria, criteriaOf } from "./criteria.ts";

interface PolicyObject extends ApiObject {
  readonly spec: {
    readonly paramKind?: ParamKind | undefined;
    readonly matchConstraints?: MatchResources | undefined;
    readonly failurePolicy?: string | undefined;
  };
}

interface BindingObject extends ApiObject {
  readonly spec: {
    readonly policyName?: string | undefined;
    readonly paramRef?: ParamRef | undefined;
    readonly matchResources?: MatchResources | undefined;
  };
}

export interface Binding<B> {
  readonly name: string;
  readonly object: B;
  /** Absent: whatever the policy matches. */
  readonly criteria?: Criteria;
  readonly paramRef: ParamRef | undefined;
}

export interface Policy<P, B, Compiled> {
  readonly name: string;
  readonly object: P;
  readonly criteria: Criteria;
  readonly paramKind: ParamKind | undefined;
  /** What fails is no reason to refuse. */
  readonly isLenient: boolean;
  readonly bindings: readonly Binding<B>[];
  /** Made when it is first needed, once for each revision of the policy. */
  readonly compiled: () => Compiled;
}

export interface PolicyKinds<P extends PolicyObject, B extends BindingObject, Compiled> {
  readonly policies: Kind<P>;
  readonly bindings: Kind<B>;
  readonly compile: (policy: P) => Compiled;
}

export class PolicyList<P extends PolicyObject, B extends BindingObject, Compiled> {
  readonly #kinds: PolicyKinds<P, B, Compiled>;
  readonly #compiled = new WeakMap<P, Compiled>();
  #policies: readonly Policy<P, B, Compiled>[] = [];
  #changed = -1;

  constructor(kinds: PolicyKinds<P, B, Compiled>) {
    this.#kinds = kinds;
  }

  /** Asked for every write, so it costs next to nothing while nothing changes. */
  for(request: AdmissionRequest, site: AdmissionSite): readonly Policy<P, B, Compiled>[] {
    const policies = this.#read(site);
    if (policies.length === 0 || request.isAdmitted || isExempt(request)) return [];
    return policies;
  }

  #read({ reader, kinds }: AdmissionSite): readonly Policy<P, B, Compiled>[] {
    const { policies, bindings } = this.#kinds;
    if (!kinds.find(policies.apiVersion, policies.plural)) return this.#policies;
    const changed = Math.max(reader.changed(policies), reader.changed(bindings));
    if (changed === this.#changed) return this.#policies;
    this.#changed = changed;
    const bound = Map.groupBy(
      reader.list(bindings, "").map(({ object }) => object),
      ({ spec }) => spec.policyName ?? "",
    );
    this.#policies = reader.list(policies, "").flatMap(({ object }) => {
      const theirs = bound.get(object.metadata.name ?? "");
      return theirs ? [this.#policyOf(object, theirs.map(bindingOf))] : [];
    });
    return this.#policies;
  }

  #policyOf(object: P, bindings: readonly Binding<B>[]): Policy<P, B, Compiled> {
    const { metadata, spec } = object;
    return {
      name: metadata.name ?? "",
      object,
      criteria: criteriaOf(spec.matchConstraints ?? {}),
      paramKind: spec.paramKind,
      isLenient: spec.failurePolicy === "Ignore",
      bindings,
      compiled: () => {
        const known = this.#compiled.get(object) ?? this.#kinds.compile(object);
        this.#compiled.set(object, known);
        return known;
      },
    };
  }
}

const bindingOf = <B extends BindingObject>(object: B): Binding<B> => ({
  name: object.metadata.name ?? "",
  object,
  paramRef: object.spec.paramRef,
  ...(object.spec.matchResources ? { criteria: criteriaOf(object.spec.matchResources) } : {}),
});

/** Nobody must lock himself out: policies say nothing about policies. */
const exempt: ReadonlySet<string> = new Set([
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
]);

const isExempt = ({ kind }: AdmissionRequest): boolean =>
  kind.group === "admissionregistration.k8s.io" && exempt.has(kind.plural);
