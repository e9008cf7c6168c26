/**
 * MutatingAdmissionPolicy: one after the other, policies in CEL change the object. After a change all
 * that mutates has another look, and those policies that asked for it once more.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
 */
import { MutatingAdmissionPolicy } from "#api/admissionregistration/mutatingadmissionpolicy.ts";
import { MutatingAdmissionPolicyBinding } from "#api/admissionregistration/mutatingadmissionpolicybinding.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import { DecodeError } from "#schema/json.ts";
import type { Draft } from "#schema/struct.ts";
import {
  type Admission,
  type AdmissionRequest,
  type AdmissionSite,
  type Mutated as Again,
  refused,
} from "../admission.ts";
import { type Activation, activationOf, extended } from "../expressions/activation.ts";
import { type AuthorizeFor, authorizeBy } from "../expressions/authorize.ts";
import type { MutationExpression } from "../expressions/mutating-expressions.ts";
import { whenAnswered } from "#apiserver/authz/unanswered.ts";
import { Subject } from "../matching/subject.ts";
import { Rounds } from "../rounds.ts";
import { settle } from "../settle.ts";
import { type Invocation, invocationsOf } from "./invocations.ts";
import { errorTypeOf, mutationMetrics, type MutationMetrics } from "./metrics.ts";
import { MutationFailed, type ShownObject } from "./mutable.ts";
import { mutated, type Mutator, mutatorOf } from "./mutation.ts";
import { type Policy, PolicyList } from "./policy-list.ts";

type Bound = Policy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Mutator>;
type Asked = Invocation<MutatingAdmissionPolicyBinding>;

interface Workshop {
  readonly site: AdmissionSite;
  readonly clock: Clock;
  readonly authorizeFor: AuthorizeFor;
  readonly observe: MutationMetrics;
}

export function mutatingPolicies(): Admission {
  const list = new PolicyList({
    policies: MutatingAdmissionPolicy,
    bindings: MutatingAdmissionPolicyBinding,
    compile: mutatorOf,
  });
  const rounds = new WeakMap<AdmissionRequest, Rounds>();
  let workshop: Workshop | undefined;
  return {
    name: "MutatingAdmissionPolicy",
    when: ["CREATE", "UPDATE", "CONNECT"],
    subresources: "all",
    attach: (site) => {
      workshop = {
        site,
        clock: site.ports.clock,
        authorizeFor: authorizeBy(site.ports.authorizer),
        observe: mutationMetrics(site.metrics),
      };
    },
    mutate(draft: Draft<ApiObject>, request) {
      const policies = workshop ? list.for(request, workshop.site) : [];
      if (!workshop || policies.length === 0) return undefined;
      const before = rounds.get(request);
      const own = before ?? new Rounds();
      rounds.set(request, own);
      before?.startAgain(draft);
      const work = new Work(workshop, { draft, request, rounds: own });
      return change(policies, work);
    },
  };
}

async function change(policies: readonly Bound[], work: Work): Promise<Again> {
  for (const policy of policies) await work.perform(policy);
  return work.conclude();
}

interface Piece {
  readonly draft: Draft<ApiObject>;
  readonly request: AdmissionRequest;
  readonly rounds: Rounds;
}

interface Problem {
  readonly message: string;
  readonly reason: "Forbidden" | "Invalid";
}

/** All policies on one object, in one round. */
class Work {
  readonly #workshop: Workshop;
  readonly #piece: Piece;
  readonly #subject: Subject;
  readonly #problems: Problem[] = [];
  #isChanged = false;

  constructor(workshop: Workshop, piece: Piece) {
    this.#workshop = workshop;
    this.#piece = piece;
    this.#subject = new Subject(piece.request, piece.draft, workshop.site);
  }

  async perform(policy: Bound): Promise<void> {
    const { due, misfits } = await invocationsOf(policy, this.#subject, this.#workshop.site);
    for (const { binding, problem } of misfits)
      this.#fail(policy, binding?.name, { message: problem, reason: "Forbidden" });
    for (const asked of due) await this.#ask(policy, asked);
  }

  /** Throws what the policies refuse with. exact: apiserver */
  conclude(): Again {
    const { request, draft, rounds } = this.#piece;
    const [first] = this.#problems;
    if (first) throw denied(request, first, this.#problems);
    if (rounds.round > 0) return undefined;
    rounds.leave(draft);
    return this.#isChanged ? "again" : undefined;
  }

  async #ask(policy: Bound, asked: Asked): Promise<void> {
    const { rounds } = this.#piece;
    const key = keyOf(policy, asked);
    const mutator = policy.compiled();
    const activation = await this.#activation(asked);
    const { isMet, error } = await whenAnswered(() => mutator.conditions(activation));
    if (error !== undefined)
      this.#fail(policy, asked.binding.name, { message: error, reason: "Invalid" });
    if (!isMet || !rounds.isDue(key)) return;
    if (await this.#mutateAll(policy, asked)) {
      this.#isChanged = true;
      rounds.changed();
    }
    if (mutator.isReinvoked) rounds.wantsMore(key);
  }

  /** Whether they changed the object. */
  async #mutateAll(policy: Bound, asked: Asked): Promise<boolean> {
    let isChanged = false;
    for (const mutation of policy.compiled().expressions.mutations) {
      if (await this.#mutate(policy, { asked, mutation })) isChanged = true;
    }
    return isChanged;
  }

  /** From the object as it is now. */
  async #activation({ version, params }: Asked): Promise<Activation> {
    const { authorizeFor } = this.#workshop;
    if (version.convert) await this.#subject.prepare(version);
    return extended(activationOf(this.#subject, version, authorizeFor), { params });
  }

  /** Whether it changed the object. */
  async #mutate(policy: Bound, { asked, mutation }: Step): Promise<boolean> {
    const { clock, observe } = this.#workshop;
    const started = clock.monotonic();
    const observed = (message?: string): void =>
      observe({
        policy: policy.name,
        binding: asked.binding.name,
        error: message === undefined ? "no_error" : errorTypeOf(message),
        seconds: (clock.monotonic() - started) / 1_000,
      });
    try {
      const isChanged = await this.#change(policy.compiled(), { asked, mutation });
      observed();
      return isChanged;
    } catch (cause) {
      if (!(cause instanceof MutationFailed || cause instanceof DecodeError)) throw cause;
      observed(cause.message);
      this.#fail(policy, asked.binding.name, { message: cause.message, reason: "Invalid" });
      return false;
    }
  }

  async #change(mutator: Mutator, { asked, mutation }: Step): Promise<boolean> {
    const { draft, request } = this.#piece;
    const { schema, take } = asked.version;
    const activation = await this.#activation(asked);
    const shown = this.#subject.shown(asked.version) as ShownObject | null;
    if (!schema || !take || !shown) return false;
    const made = await whenAnswered(() =>
      mutated(mutator, mutation, { schema, shown, activation }),
    );
    return made !== undefined && settle(draft, await take(made, draft), request);
  }

  #fail({ name, isLenient }: Bound, binding: string | undefined, problem: Problem): void {
    if (isLenient) return;
    // exact: apiserver, both
    const who =
      binding === undefined
        ? `policy ${JSON.stringify(name)}`
        : `policy '${name}' with binding '${binding}'`;
    const message = `${who} denied request: ${problem.message}`;
    this.#problems.push({ ...problem, message });
  }
}

const keyOf = ({ name: policy }: Bound, { binding, params }: Asked): string =>
  [policy, binding.name, params?.metadata.namespace, params?.metadata.name].join("/");

interface Step {
  readonly asked: Asked;
  readonly mutation: MutationExpression;
}

function denied(
  request: AdmissionRequest,
  { message, reason }: Problem,
  problems: readonly Problem[],
): ApiError {
  const { details } = refused(request, "");
  const causes = problems.map(({ message: why }) => ({ message: why }));
  return new ApiError(reason, message, { code: 403, details: { ...details, causes } });
}
