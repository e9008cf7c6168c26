import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { DecodeError } from "./json/decode-error.ts";
import { FieldSet, formatPath } from "./fieldset.ts";
import { depthMax } from "./limits.ts";

const web = 'k:{"name":"web"}';

const sample = {
  "f:metadata": { "f:labels": { ".": {}, "f:app": {} }, "f:finalizers": { 'v:"a/b"': {} } },
  "f:spec": { "f:containers": { [web]: { ".": {}, "f:image": {} } } },
};

const set = (...paths: string[]): FieldSet =>
  FieldSet.ofPaths(paths.map((path) => path.split("/").map((name) => `f:${name}`)));

const names = (fields: FieldSet): string[] =>
  [...fields.paths()].map((path) => path.map((step) => step.slice(2)).join("/"));

describe("FieldsV1", () => {
  test("is read and written as it was", () => {
    deepEqual(FieldSet.fromJson(sample).toJson(), sample);
  });

  test("is written in order: fields, keys, values, indexes", () => {
    const json = { "f:l": { "i:0": {}, "v:1": {}, 'k:{"a":1}': {}, "f:b": {}, "f:a": {} } };
    deepEqual(Object.keys(FieldSet.fromJson(json).toJson()["f:l"] as object), [
      "f:a",
      "f:b",
      'k:{"a":1}',
      "v:1",
      "i:0",
    ]);
  });

  test("says of a path whether it is in the set, and what lies below", () => {
    const fields = FieldSet.fromJson(sample);
    ok(fields.has(["f:metadata", "f:labels"]));
    ok(fields.has(["f:spec", "f:containers", web]));
    ok(!fields.has(["f:spec", "f:containers"]));
    ok(!fields.has([]));
    equal(fields.below(["f:spec"])?.size, 2);
    equal(fields.size, 5);
  });

  test("keys spelled differently are the same", () => {
    const spelled = FieldSet.fromJson({ "f:p": { 'k:{"b": 1, "a":"x"}': {} } });
    ok(spelled.has(["f:p", 'k:{"a":"x","b":1}']));
  });

  for (const json of [null, [], "f:a", { a: {} }, { "f:a": 1 }, { "k:{": {} }, { "k:{x}": {} }]) {
    test(`${JSON.stringify(json)} is none`, () => {
      throws(() => FieldSet.fromJson(json), DecodeError);
    });
  }

  test("nested beyond the limit is none", () => {
    let json = {};
    for (let i = 0; i < 2 * depthMax; i++) json = { "f:a": json };
    throws(() => FieldSet.fromJson(json), { message: "exceeded max depth" });
  });
});

describe("set operations", () => {
  test("each on members, whatever lies above or below", () => {
    const a = set("x", "x/y", "x/z", "only/a");
    const b = set("x/y", "x/y/deep", "only", "b");
    deepEqual(names(a.union(b)), ["b", "only", "x", "only/a", "x/y", "x/z", "x/y/deep"]);
    deepEqual(names(a.intersection(b)), ["x/y"]);
    deepEqual(names(a.difference(b)), ["x", "only/a", "x/z"]);
    deepEqual(names(b.recursiveDifference(a)), ["b", "only"]);
    deepEqual(names(a.recursiveDifference(b)), ["x", "x/z"]);
    deepEqual(names(a.union(b).leaves()), ["b", "only/a", "x/z", "x/y/deep"]);
  });

  test("they obey the laws of sets", () => {
    const random = seededRandom(3);
    const some = (): FieldSet =>
      FieldSet.ofPaths(
        Array.from({ length: 8 }, () =>
          Array.from({ length: 1 + random.next() * 3 }, () => `f:${Math.floor(random.next() * 3)}`),
        ),
      );
    for (let round = 0; round < 200; round++) {
      const [a, b] = [some(), some()];
      ok(a.union(b).equals(b.union(a)));
      ok(a.intersection(b).equals(b.intersection(a)));
      ok(a.difference(b).union(a.intersection(b)).equals(a));
      ok(a.union(b).difference(b).equals(a.difference(b)));
      ok(a.difference(a).isEmpty && a.intersection(FieldSet.empty).isEmpty);
      ok(FieldSet.fromJson(a.toJson()).equals(a));
      equal(a.union(b).size, a.size + b.size - a.intersection(b).size);
    }
  });
});

test("paths are printed as conflicts show them", () => {
  const steps = ["f:spec", "f:containers", 'k:{"name":"web","port":80}', "f:args", 'v:"x"', "i:0"];
  equal(formatPath(steps), '.spec.containers[name="web",port=80].args[="x"][0]');
});
