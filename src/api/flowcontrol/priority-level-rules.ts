/** upstream: pkg/apis/flowcontrol/validation/validation.go#ValidatePriorityLevelConfigurationSpec */
import { inclusiveRange } from "#api/names.ts";
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { entropyBits, entropyBitsMax } from "./shuffle-sharding.ts";
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "./prioritylevelconfiguration.ts";

const queuesMax = 10_000_000;

export function* validPriorityLevel(
  name: string,
  { type, limited, exempt }: PriorityLevelConfigurationSpec,
): Iterable<FieldError> {
  if ((name === "exempt") !== (type === "Exempt")) {
    yield invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  switch (type) {
    case "Exempt":
      if (limited) yield forbidden("spec.limited", "must be nil if the type is not Limited");
      if (exempt) yield* validLending(exempt, "spec.exempt");
      break;
    case "Limited":
      if (exempt) yield forbidden("spec.exempt", "must be nil if the type is Limited");
      if (limited) yield* validLimited(limited, "spec.limited");
      else yield required("spec.limited", "must not be empty when type is Limited");
      break;
    default:
      yield notSupported("spec.type", type, ["Exempt", "Limited"]);
  }
}

function* validLending(
  level: ExemptPriorityLevelConfiguration | LimitedPriorityLevelConfiguration,
  at: string,
): Iterable<FieldError> {
  const { nominalConcurrencyShares: shares, lendablePercent: percent } = level;
  if (shares !== undefined && shares !== null && shares < 0) {
    yield invalid(child(at, "nominalConcurrencyShares"), shares, "must be a non-negative integer");
  }
  if (percent !== undefined && (percent < 0 || percent > 100)) {
    yield invalid(child(at, "lendablePercent"), percent, inclusiveRange(0, 100));
  }
}

function* validLimited(level: LimitedPriorityLevelConfiguration, at: string): Iterable<FieldError> {
  yield* validLending(level, at);
  const { borrowingLimitPercent: borrowed } = level;
  if (borrowed !== undefined && borrowed < 0) {
    yield invalid(
      child(at, "borrowingLimitPercent"),
      borrowed,
      "if specified, must be a non-negative integer",
    );
  }
  yield* validResponse(level.limitResponse, child(at, "limitResponse"));
}

function* validResponse({ type, queuing }: LimitResponse, at: string): Iterable<FieldError> {
  const path = child(at, "queuing");
  switch (type) {
    case "Reject":
      if (queuing) {
        yield forbidden(path, "must be nil if limited.limitResponse.type is not Limited");
      }
      break;
    case "Queue":
      if (queuing) yield* validQueuing(queuing, path);
      else yield required(path, "must not be empty if limited.limitResponse.type is Limited");
      break;
    default:
      yield notSupported(child(at, "type"), type, ["Queue", "Reject"]);
  }
}

function* validQueuing(
  { queues, handSize, queueLengthLimit }: QueuingConfiguration,
  at: string,
): Iterable<FieldError> {
  if (queueLengthLimit <= 0) {
    yield invalid(child(at, "queueLengthLimit"), queueLengthLimit, "must be positive");
  }
  if (queues <= 0) yield invalid(child(at, "queues"), queues, "must be positive");
  else if (queues > queuesMax) {
    yield invalid(child(at, "queues"), queues, `must not be greater than ${queuesMax}`);
  }
  const problem = handProblem(queues, handSize);
  if (problem !== undefined) yield invalid(child(at, "handSize"), handSize, problem);
}

function handProblem(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return "must be positive";
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  if (entropyBits(queues, handSize) > entropyBitsMax) {
    return `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${entropyBitsMax}`;
  }
  return undefined;
}
