import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { below, type SeededRandom, seededRandom } from "#base/random.ts";
import { deepFreeze } from "./copy.ts";
import { shareParts } from "./sharing.ts";

const pod = (name: string, image: string) => ({
  metadata: { name, labels: { app: "web" } },
  spec: {
    containers: [{ name: "main", image, ports: [{ name: "http", containerPort: 8080 }] }],
    tolerations: [{ key: "not-ready", operator: "Exists", tolerationSeconds: 300 }],
  },
});

test("equal parts are one object, what holds a difference is its own, and the text stays the same", () => {
  const [one, other] = [pod("web-1", "web:1"), pod("web-2", "web:2")];
  const text = JSON.stringify([one, other]);
  shareParts(one);
  shareParts(other);
  equal(JSON.stringify([one, other]), text);
  equal(other.metadata.labels, one.metadata.labels);
  equal(other.spec.tolerations, one.spec.tolerations);
  equal(other.spec.containers[0]?.ports, one.spec.containers[0]?.ports);
  notEqual(other.spec.containers[0], one.spec.containers[0]);
  notEqual(other.spec, one.spec);
});

test("the order of members counts: it is how an object is printed", () => {
  const [one, other] = [{ part: { a: 1, b: 2 } }, { part: { b: 2, a: 1 } }];
  shareParts(one);
  shareParts(other);
  equal(JSON.stringify(other), '{"part":{"b":2,"a":1}}');
});

test("lists and objects, texts and numbers, -0 and 0 are never taken for each other", () => {
  const values = [
    [],
    {},
    [""],
    { 0: "" },
    ["1"],
    [1],
    [true],
    [false],
    [null],
    [0],
    [-0],
    [[]],
    [{}],
  ];
  for (const value of [...values, ...values]) {
    const holder = { value: structuredClone(value) };
    shareParts(holder);
    deepEqual(holder.value, value);
  }
});

test("long texts and long lists are nobody's but their object's", () => {
  const large = () => ({
    data: { text: "x".repeat(1_000) },
    list: Array.from({ length: 100 }, () => 1),
  });
  const [one, other] = [large(), large()];
  shareParts(one);
  shareParts(other);
  notEqual(other.data, one.data);
  notEqual(other.list, one.list);
});

test("what is frozen stays as it is", () => {
  const one = { spec: { part: { a: "frozen" } } };
  shareParts(one);
  const frozen = deepFreeze({ spec: { part: { a: "frozen" }, other: "x" } });
  const next = { spec: frozen.spec, status: { part: { a: "frozen" } } };
  shareParts(next);
  deepEqual(next, {
    spec: { part: { a: "frozen" }, other: "x" },
    status: { part: { a: "frozen" } },
  });
});

function anything(random: SeededRandom, depth: number): unknown {
  const most = depth > 0 ? 6 : 4;
  switch (below(random, most)) {
    case 0:
      return below(random, 3);
    case 1:
      return ["", "a", "b", "name"][below(random, 4)];
    case 2:
      return below(random, 2) === 0;
    case 3:
      return null;
    case 4:
      return Array.from({ length: below(random, 4) }, () => anything(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(random, 4) }, () => [
          ["a", "b", "c", "d"][below(random, 4)],
          anything(random, depth - 1),
        ]),
      );
  }
}

test("whatever it is, it reads the same afterwards", () => {
  const random = seededRandom(11);
  for (let i = 0; i < 5_000; i++) {
    const value = { value: anything(random, 5) };
    const text = JSON.stringify(value);
    shareParts(value);
    equal(JSON.stringify(value), text);
  }
});
