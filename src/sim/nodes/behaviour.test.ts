import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { type Behaviour, Behaviours, exitCodeOf, type Match, type Traits } from "./behaviour.ts";
import { drawSpan, type Span } from "./span.ts";

const traits: Traits = {
  image: "registry:5000/shop/till:1.2",
  container: "app",
  namespace: "shop",
  node: "node-1",
  labels: { app: "till", tier: "web" },
  annotations: { slow: "very" },
};

for (const [what, match, isHis] of [
  ["the image with its tag", { image: "registry:5000/shop/till:1.2" }, true],
  ["the image without its tag", { image: "registry:5000/shop/till" }, true],
  ["an image whose name only begins so", { image: "registry:5000/shop/ti" }, false],
  ["another tag", { image: "registry:5000/shop/till:1" }, false],
  ["a pattern", { image: /till:1\./ }, true],
  ["labels", { labels: { app: "till" } }, true],
  ["a label with another value", { labels: { app: "till", tier: "db" } }, false],
  ["annotations", { annotations: { slow: "very" } }, true],
  ["all that is named", { namespace: "shop", node: "node-1", container: "app" }, true],
  ["all but one", { namespace: "shop", node: "node-2", container: "app" }, false],
] as const satisfies readonly (readonly [string, Match, boolean])[]) {
  test(`a rule for ${what} ${isHis ? "holds" : "does not hold"}`, () => {
    equal(new Behaviours([{ match, exitCode: 9 }]).of(traits).exitCode === 9, isHis);
  });
}

test("later rules win where both say something, until they are taken away", () => {
  const rules = new Behaviours([{ runsForMs: 1, exitCode: 1 }]);
  const pick = ({ runsForMs, exitCode }: Behaviour) => [runsForMs, exitCode];
  {
    using _rule = rules.add({ match: { labels: { app: "till" } }, exitCode: 2 });
    deepEqual(pick(rules.of(traits)), [1, 2]);
  }
  deepEqual(pick(rules.of(traits)), [1, 1]);
});

test("how an image is pulled does not depend on the pod", () => {
  const rules = new Behaviours([{ match: { image: "slow" }, pullMs: 9 }]);
  rules.add({ match: { image: "slow", labels: { app: "x" } }, pullMs: 5 });
  equal(rules.ofImage("slow:1", "node-1").pullMs, 9);
});

test("each restart has its exit code, the last one stays", () => {
  const codes = [0, 1, 2, 3].map((attempt) => exitCodeOf({ exitCode: [1, 2, 0] }, attempt));
  deepEqual(codes, [1, 2, 0, 0]);
  equal(exitCodeOf({}, 5), 0);
});

const draws = (span: Span): number[] => {
  const random = seededRandom(7);
  return Array.from({ length: 2_000 }, () => drawSpan(span, random)).sort((a, b) => a - b);
};

test("spans are drawn as they say", () => {
  deepEqual(new Set(draws(5)), new Set([5]));
  const even = draws({ min: 10, max: 20 });
  deepEqual([even[0], even.at(-1)], [10, 20]);
  const skewed = draws({ median: 1_000, p99: 10_000 });
  const near = (value: number | undefined, wanted: number): boolean =>
    value !== undefined && Math.abs(value - wanted) < wanted / 4;
  ok(near(skewed[1_000], 1_000), `median ${skewed[1_000]}`);
  ok(near(skewed[1_980], 10_000), `p99 ${skewed[1_980]}`);
  const bell = draws({ mean: 1_000, deviation: 100 });
  ok(near(bell[1_000], 1_000), `mean ${bell[1_000]}`);
  ok(near(bell[1_683], 1_100) && near(bell[317], 900), `one deviation ${bell[317]} ${bell[1_683]}`);
  ok((draws({ mean: 1, deviation: 100 })[0] ?? -1) >= 0);
  const chance = draws({ exponential: 1_000 });
  ok(near(chance[1_264], 1_000), `63 % are over by the mean: ${chance[1_264]}`);
});

const mistakes: readonly (readonly [rule: object, why: RegExp])[] = [
  [{ redy: true }, /^TypeError: unknown name "redy" in a behaviour: .*; did you mean "ready"\?$/],
  [
    { runsForMs: "5s" },
    /^TypeError: runsForMs of a behaviour: expected milliseconds, .* found "5s"$/,
  ],
  [{ startMs: { min: 1 } }, /startMs of a behaviour: expected .*, found {"min":1}$/],
  [{ memory: "lots" }, /memory of a behaviour: expected a quantity .*, found "lots"$/],
  [
    { disk: { from: "1Gi", to: "2Gi" } },
    /disk of a behaviour: expected .* { from, to, overMs }, found/,
  ],
  [
    { exitCode: [0, -1] },
    /exitCode of a behaviour: expected an integer of at least 0, .* found \[0,-1\]$/,
  ],
  [{ match: { imge: "web" } }, /unknown name "imge" in a match: .*; did you mean "image"\?$/],
  [
    { match: { labels: { app: 1 } } },
    /labels of a match: expected a map of texts, found {"app":1}$/,
  ],
];

for (const [rule, why] of mistakes)
  test(`no rule is taken that says ${JSON.stringify(rule)}`, () => {
    throws(() => new Behaviours([rule]), why);
    throws(() => new Behaviours().add(rule), why);
  });
