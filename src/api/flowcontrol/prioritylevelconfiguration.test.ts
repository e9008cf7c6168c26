import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, problemsOf } from "#api/testing.ts";
import { mandatoryPriorityLevels } from "./mandatory.ts";
import { PriorityLevelConfiguration } from "./prioritylevelconfiguration.ts";

const level = (spec: object, name = "workloads") => ({ metadata: { name }, spec });
const limited = (change: object) =>
  level({ type: "Limited", limited: { limitResponse: { type: "Reject" }, ...change } });
const queued = (queuing: object) => limited({ limitResponse: { type: "Queue", queuing } });

test("shares and queues have their defaults", () => {
  deepEqual(draftFrom(PriorityLevelConfiguration, queued({})).spec, {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 30,
      limitResponse: {
        type: "Queue",
        queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 },
      },
      lendablePercent: 0,
    },
  });
  deepEqual(draftFrom(PriorityLevelConfiguration, level({ type: "Exempt", exempt: {} })).spec, {
    type: "Exempt",
    exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 },
  });
});

test("good levels are accepted", () => {
  const good = [
    limited({ nominalConcurrencyShares: 0, lendablePercent: 100, borrowingLimitPercent: 200 }),
    queued({ queues: 512, handSize: 6 }),
    ...Object.entries(mandatoryPriorityLevels).map(([name, spec]) => level(spec, name)),
    level(
      { type: "Exempt", exempt: { nominalConcurrencyShares: 5, lendablePercent: 50 } },
      "exempt",
    ),
  ];
  for (const manifest of good) deepEqual(problemsOf(PriorityLevelConfiguration, manifest), []);
});

test("a level says what is wrong with it", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [
      level({ type: "Odd" }),
      'spec.type: Unsupported value: "Odd": supported values: "Exempt", "Limited"',
    ],
    [
      level({ type: "Exempt", limited: { limitResponse: { type: "Reject" } } }),
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
      "spec.limited: Forbidden: must be nil if the type is not Limited",
    ],
    [
      level({ type: "Limited", exempt: {} }),
      "spec.exempt: Forbidden: must be nil if the type is Limited",
      "spec.limited: Required value: must not be empty when type is Limited",
    ],
    [
      limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
      "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
      "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
    ],
    [
      limited({ limitResponse: { type: "Reject", queuing: {} } }),
      "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited",
    ],
    [
      limited({ limitResponse: { type: "Queue" } }),
      "spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited",
    ],
    [
      limited({ limitResponse: { type: "Wait" } }),
      'spec.limited.limitResponse.type: Unsupported value: "Wait": supported values: "Queue", "Reject"',
    ],
    [
      queued({ queues: -1, handSize: -1, queueLengthLimit: -1 }),
      "spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive",
      "spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive",
      "spec.limited.limitResponse.queuing.handSize: Invalid value: -1: must be positive",
    ],
    [
      queued({ queues: 10_000_001, handSize: 1 }),
      "spec.limited.limitResponse.queuing.queues: Invalid value: 10000001: must not be greater than 10000000",
    ],
    [
      queued({ queues: 4, handSize: 5 }),
      "spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)",
    ],
    [
      queued({ queues: 512, handSize: 7 }),
      "spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 512 and handSize 7 should not be greater than 60",
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(PriorityLevelConfiguration, manifest), problems);
  }
});

test("the exempt level may lend, and the catch-all level stays as it is", () => {
  deepEqual(
    problemsOf(PriorityLevelConfiguration, level({ type: "Exempt", limited: {} }, "exempt")).map(
      (line) => line.replace(/\{.*\}/, "{…}"),
    ),
    [
      "spec.limited: Forbidden: must be nil if the type is not Limited",
      "spec: Invalid value: {…}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value",
    ],
  );
  deepEqual(
    problemsOf(
      PriorityLevelConfiguration,
      level({ type: "Limited", limited: { limitResponse: { type: "Reject" } } }, "catch-all"),
    ).map((line) => line.replace(/\{.*\}/, "{…}")),
    ["spec: Invalid value: {…}: spec of 'catch-all' must equal the fixed value"],
  );
});

test("columns show the shares and the queues", () => {
  deepEqual(cellsOf(PriorityLevelConfiguration, queued({})), {
    Name: "workloads",
    Type: "Limited",
    NominalConcurrencyShares: 30,
    Queues: 64,
    HandSize: 8,
    QueueLengthLimit: 50,
    Age: "<unknown>",
  });
  deepEqual(cellsOf(PriorityLevelConfiguration, level({ type: "Exempt" }, "exempt")), {
    Name: "exempt",
    Type: "Exempt",
    NominalConcurrencyShares: "<none>",
    Queues: "<none>",
    HandSize: "<none>",
    QueueLengthLimit: "<none>",
    Age: "<unknown>",
  });
});
