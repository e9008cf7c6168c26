/**
 * ValidatingAdmissionPolicy: policies in CEL judge the object as it will be stored.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
 */
import { ValidatingAdmissionPolicy } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import { ValidatingAdmissionPolicyBinding } from "#api/admissionregistration/validatingadmissionpolicybinding.ts";
import { ApiError, type Reason } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import {
  type Admission,
  type AdmissionRequest,
  type AdmissionSite,
  refused,
} from "../admission.ts";
import { activationOf, extended } from "../expressions/activation.ts";
import { type AuthorizeFor, authorizeBy } from "../expressions/authorize.ts";
import { whenAnswered } from "#apiserver/authz/unanswered.ts";
import { Subject } from "../matching/subject.ts";
import { type Invocation, invocationsOf } from "./invocations.ts";
import { errorTypeOf, validationMetrics, type ValidationMetrics } from "./metrics.ts";
import { type Policy, PolicyList } from "./policy-list.ts";
import { type Decision, type Judge, judgeOf, verdictOf } from "./verdict.ts";

type Bound = Policy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Judge>;
type Asked = Invocation<ValidatingAdmissionPolicyBinding>;

interface Court {
  readonly site: AdmissionSite;
  readonly clock: Clock;
  readonly authorizeFor: AuthorizeFor;
  readonly observe: ValidationMetrics;
}

export function validatingPolicies(): Admission {
  const list = new PolicyList({
    policies: ValidatingAdmissionPolicy,
    bindings: ValidatingAdmissionPolicyBinding,
    compile: judgeOf,
  });
  let court: Court | undefined;
  return {
    name: "ValidatingAdmissionPolicy",
    when: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    subresources: "all",
    attach: (site) => {
      court = {
        site,
        clock: site.ports.clock,
        authorizeFor: authorizeBy(site.ports.authorizer),
        observe: validationMetrics(site.metrics),
      };
    },
    validate(object: ApiObject, request) {
      const policies = court ? list.for(request, court.site) : [];
      if (!court || policies.length === 0) return undefined;
      return judge(policies, new Hearing(court, new Subject(request, object, court.site)));
    },
  };
}

async function judge(policies: readonly Bound[], hearing: Hearing): Promise<void> {
  for (const policy of policies) await hearing.hear(policy);
  hearing.conclude();
}

interface Denial {
  readonly policy: string;
  readonly binding: string | undefined;
  readonly message: string;
  readonly reason: Reason;
}

/** All policies about one request: the first denial is told, but all are heard. */
class Hearing {
  readonly #court: Court;
  readonly #subject: Subject;
  #denial: Denial | undefined;

  constructor(court: Court, subject: Subject) {
    this.#court = court;
    this.#subject = subject;
  }

  async hear(policy: Bound): Promise<void> {
    const { due, misfits } = await invocationsOf(policy, this.#subject, this.#court.site);
    for (const { binding, problem } of policy.isLenient ? [] : misfits) {
      this.#deny({
        policy: policy.name,
        binding: binding?.name,
        message: problem,
        reason: "Invalid",
      });
    }
    const notes = new Map<string, Set<string>>();
    for (const asked of due) {
      if (asked.version.convert) await this.#subject.prepare(asked.version);
      await this.#ask(policy, asked, notes);
    }
    for (const [key, values] of notes) this.#note(`${policy.name}/${key}`, [...values].join(", "));
  }

  /** Throws the first denial. exact: apiserver, all messages */
  conclude(): void {
    if (!this.#denial) return;
    const { policy, binding, message, reason } = this.#denial;
    const bound = binding === undefined ? "" : ` with binding '${binding}'`;
    const text = `ValidatingAdmissionPolicy '${policy}'${bound} denied request: ${message}`;
    throw denied(this.#subject.request, text, reason);
  }

  async #ask(
    policy: Bound,
    { binding, version, params }: Asked,
    notes: Map<string, Set<string>>,
  ): Promise<void> {
    const { authorizeFor, clock } = this.#court;
    const base = activationOf(this.#subject, version, authorizeFor);
    const activation = extended(base, { params });
    const verdict = await whenAnswered(() => verdictOf(policy.compiled(), activation, clock));
    for (const [i, decision] of verdict.decisions.entries())
      this.#enforce(policy, binding, { decision, index: i });
    for (const { key, value, error } of verdict.notes) {
      if (error === undefined) notes.set(key, (notes.get(key) ?? new Set()).add(value));
      else this.#deny({ ...namesOf(policy, binding), message: error, reason: "Invalid" });
    }
  }

  #enforce(policy: Bound, binding: Asked["binding"], { decision, index }: Ruling): void {
    const names = namesOf(policy, binding);
    const { isDenied, isError, message, reason, seconds } = decision;
    const error = isError ? errorTypeOf(message) : isDenied ? "invalid_error" : "no_error";
    const check = { ...names, error, seconds } as const;
    if (!isDenied) {
      if (isError) this.#court.observe(check, "allow");
      return;
    }
    const { validationActions = [] } = binding.object.spec;
    for (const action of validationActions) {
      if (action === "Deny") {
        this.#deny({ ...names, message, reason });
        this.#court.observe(check, "deny");
      } else if (action === "Audit") {
        this.#note(failureKey, failureNote(names, { decision, index }, validationActions));
        this.#court.observe(check, "audit");
      } else {
        const { policy: by, binding: with_ } = names;
        this.#subject.request.warn(
          `Validation failed for ValidatingAdmissionPolicy '${by}' with binding '${with_}': ${message}`, // exact: apiserver
        );
        this.#court.observe(check, "warn");
      }
    }
  }

  #deny(denial: Denial): void {
    this.#denial ??= denial;
  }

  #note(key: string, value: string): void {
    this.#subject.request.annotate?.(key, value);
  }
}

interface Ruling {
  readonly decision: Decision;
  readonly index: number;
}

interface Names {
  readonly policy: string;
  readonly binding: string;
}

const namesOf = ({ name: policy }: Bound, { name: binding }: Asked["binding"]): Names => ({
  policy,
  binding,
});

const failureKey = "validation.policy.admission.k8s.io/validation_failure";

/** exact: apiserver */
const failureNote = (
  { policy, binding }: Names,
  { decision, index }: Ruling,
  validationActions: readonly string[],
): string =>
  JSON.stringify([
    { message: decision.message, policy, binding, expressionIndex: index, validationActions },
  ]);

function denied(request: AdmissionRequest, why: string, reason: Reason): ApiError {
  const { message, details } = refused(request, why);
  return new ApiError(reason, message, { details: { ...details, causes: [{ message: why }] } });
}
