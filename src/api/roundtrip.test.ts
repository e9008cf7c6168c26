/**
 * Every kind, and the types that only travel: random objects go from JSON to protobuf and back, and
 * come back as they were. A field whose number, presence or place is wrong does not.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { draftOf, equal as same } from "#schema/copy.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { FieldSet } from "#schema/fieldset.ts";
import { decodeJson } from "#schema/json.ts";
import { openApiV3Of, openApiV3Scalars, schemaNameOf, structsOf } from "#schema/openapi.ts";
import { decodeProto, encodeProto, unwrapUnknown, wrapUnknown } from "#schema/protobuf.ts";
import type { AnyField, AnyStruct, Scalar, Type } from "#schema/struct.ts";
import { checkApplied, compare, fieldsOf, mergeApplied, newFields } from "#schema/structural.ts";
import * as kinds from "./catalog.ts";
import * as discovery from "./meta/discovery.ts";
import * as listMeta from "./meta/list-meta.ts";
import * as options from "./meta/options.ts";
import * as status from "./meta/status.ts";

const isStruct = (value: unknown): value is AnyStruct =>
  typeof value === "object" && value !== null && "fields" in value && "options" in value;

const travelling = [discovery, listMeta, options, status]
  .flatMap((file): unknown[] => Object.values(file))
  .filter(isStruct)
  .filter((struct) => !struct.options.noProto && !struct.options.jsonForm);

const structs = [...Object.values(kinds).map(({ schema }): AnyStruct => schema), ...travelling];

const rounds = 8;
/** Below this, structs are left empty. */
const levelsMax = 9;

class Generator {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  struct(struct: AnyStruct, level: number): unknown {
    const { jsonForm } = struct.options;
    if (jsonForm) return this.#form(jsonForm, struct, level);
    return Object.fromEntries(this.#members(struct, level));
  }

  *#members(struct: AnyStruct, level: number): Iterable<[string, unknown]> {
    for (const [name, field] of Object.entries(struct.fields)) {
      if (field.inline && field.type.is === "struct")
        yield* this.#members(field.type.struct(), level);
      else if (this.#isWanted(field, level)) yield [name, this.#value(field.type, level + 1)];
    }
  }

  /** Type names do not travel in the message; and the deeper, the fewer. */
  #isWanted({ pb, options: { noJson } }: AnyField, level: number): boolean {
    return pb > 0 && !noJson && chance(this.#random, level > levelsMax ? 0 : 1 - level / 12);
  }

  #value(type: Type, level: number): unknown {
    if (type.is === "struct") return this.struct(type.struct(), level);
    if (type.is === "list") return this.#times(() => this.#value(type.item, level));
    if (type.is === "map")
      return Object.fromEntries(this.#times(() => [this.#key(), this.#value(type.value, level)]));
    const [first, ...rest] = type.oneOf ?? [];
    return first === undefined ? this.#scalar(type.scalar) : pick(this.#random, [first, ...rest]);
  }

  #form(form: string, struct: AnyStruct, level: number): unknown {
    const { schema } = struct.fields;
    if (schema?.type.is !== "struct" || level > levelsMax) return form.endsWith("Bool");
    const one = (): unknown => this.#value(schema.type, level + 1);
    if (form.endsWith("Bool")) return chance(this.#random, 0.5) ? one() : false;
    if (chance(this.#random, 0.5)) return one();
    return form.endsWith("StringArray") ? ["a", this.#text()] : [one(), one()];
  }

  #times<T>(make: () => T): T[] {
    return Array.from({ length: below(this.#random, 3) }, make);
  }

  #text(): string {
    return this.#key() + pick(this.#random, ["", '"', "\\", "\n", "x".repeat(200)]);
  }

  /** Without escapes: V8 14.6 mistakes one escaped member name for another when it parses JSON. */
  #key(): string {
    const letters = ["", "a", "b", "é", "\u{1f600}", "\uffee"] as const;
    return pick(this.#random, letters) + pick(this.#random, letters);
  }

  #json(): unknown {
    return pick<unknown>(this.#random, [1, "a", true, [null, 1.5], { b: { c: [] } }]);
  }

  #time(digits: string): string {
    const seconds = below(this.#random, 4_000_000_000) - 1_000_000_000;
    return new Date(seconds * 1_000).toISOString().replace(".000Z", `${digits}Z`);
  }

  #int(bits: number): number {
    const size = 2 ** below(this.#random, bits);
    return pick(this.#random, [0, 1, -1, size - 1, -size]) || 0;
  }

  #scalar(scalar: Scalar): unknown {
    const make: Readonly<Record<Scalar, () => unknown>> = {
      string: () => this.#text(),
      int32: () => this.#int(32),
      int64: () => this.#int(53),
      number: () => pick(this.#random, [0, 0.1, -2.5, 1e300]),
      boolean: () => chance(this.#random, 0.5),
      bytes: () => Buffer.from(this.#random.bytes(below(this.#random, 40))).toString("base64"),
      quantity: () => pick(this.#random, ["0", "100m", "1Gi", "1500m", "2e3", "-1"]),
      intOrString: () => pick(this.#random, [0, 80, "http", "25%", ""]),
      time: () => pick(this.#random, [null, this.#time("")]),
      microTime: () => pick(this.#random, [null, this.#time(".000000"), this.#time(".123456")]),
      duration: () => pick(this.#random, ["0s", "30s", "1h30m", "1.5s", "-1ms"]),
      raw: () => ({ kind: "X", value: this.#json() }),
      fields: () => ({ "f:a": {} }),
      json: () => this.#json(),
      wrappedStrings: () => this.#times(() => this.#text()),
    };
    return make[scalar]();
  }
}

/** Like `equal`, for texts too long to be read: shows where they part. */
function sameText(actual: string, expected: string, message: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 80), at + 40);
  equal(around(actual), around(expected), message);
}

/** Calls back with canonical objects of the struct, and the seed that made them. */
function forRandom(struct: AnyStruct, check: (object: object, seed: number) => void): void {
  for (let seed = 1; seed <= rounds; seed++) {
    const json = new Generator(seed * 7_919 + struct.name.length).struct(struct, 0);
    const { value, problems } = decodeJson(struct, json, { defaults: false });
    deepEqual(problems, [], `${struct.name}, seed ${seed}`);
    check(value as object, seed);
  }
}

describe("random objects of every kind", () => {
  for (const struct of structs) {
    test(`${struct.name}: canonical objects stay as they are`, () => {
      forRandom(struct, (object, seed) => {
        const text = JSON.stringify(object);
        const again = decodeJson(struct, JSON.parse(text), { defaults: false }).value;
        sameText(JSON.stringify(again), text, `seed ${seed}`);
      });
    });

    test(`${struct.name}: through protobuf and back`, () => {
      forRandom(struct, (object, seed) => {
        const names = { apiVersion: "v1", kind: "Any" };
        const body = wrapUnknown(names, encodeProto(struct, object));
        const back = decodeProto(struct, unwrapUnknown(body).raw);
        sameText(JSON.stringify(back), JSON.stringify(object), `seed ${seed}`);
      });
    });

    test(`${struct.name}: defaults come once`, () => {
      forRandom(struct, (object, seed) => {
        const once = applyDefaults(struct, draftOf(object));
        const text = JSON.stringify(once);
        sameText(JSON.stringify(applyDefaults(struct, once)), text, `seed ${seed}`);
        const canonical = decodeJson(struct, JSON.parse(text), { defaults: true }).value;
        sameText(JSON.stringify(canonical), text, `canonical, seed ${seed}`);
      });
    });

    test(`${struct.name}: applied to itself it is the same, compared with itself nothing`, () => {
      forRandom(struct, (object, seed) => {
        // Items of lists that cannot be told apart have no owners.
        if (checkApplied(struct, object) !== "") return;
        const { added, modified, removed } = compare(struct, object, draftOf(object));
        ok(added.isEmpty && modified.isEmpty && removed.isEmpty, `seed ${seed}`);
        const { value } = decodeJson(struct, mergeApplied(struct, object, {}), { defaults: false });
        ok(same(value, object), `seed ${seed}`);
        ok(fieldsOf(struct, object).size > 0, `seed ${seed}`);
      });
    });

    test(`${struct.name}: what a new object owns is what it has beyond an empty one`, () => {
      let like: FieldSet | undefined;
      let decided = struct === kinds.ControllerRevision.schema ? 1 : 0;
      forRandom(struct, (object, seed) => {
        if (checkApplied(struct, object) !== "") return;
        const { added, modified } = compare(struct, {}, object);
        const expected = added.union(modified).difference(unownedName);
        const found = newFields(struct, object, { except: unownedName, like });
        // What may be anything, in place of null, takes a comparison.
        if (!found) return;
        decided += 1;
        ok(found.equals(expected), `seed ${seed}`);
        // Told what to expect, it finds the same and makes nothing.
        const again = newFields(struct, draftOf(object), { except: unownedName, like: found });
        ok(again === found || found.isEmpty, `again, seed ${seed}`);
        like = found;
      });
      ok(decided > 0);
    });
  }
});

const unownedName = FieldSet.ofPaths([["f:metadata"], ["f:metadata", "f:name"], ["f:kind"]]);

test("every reference in OpenAPI has a definition", () => {
  const all = new Set(structs.flatMap((struct) => structsOf(struct)));
  const defined = new Set([...all].map(schemaNameOf).concat(Object.keys(openApiV3Scalars())));
  const text = JSON.stringify([...all].map((struct) => openApiV3Of(struct)));
  const prefix = "#/components/schemas/";
  for (const [, name = ""] of text.matchAll(new RegExp(`"${prefix}([^"]+)"`, "g")))
    ok(defined.has(name), name);
});
