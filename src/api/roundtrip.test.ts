/**
 * Every kind, and the types that only travel: random objects go from JSON to protobuf and back, and
 * come back as they were. A field whose number, presence or place is wrong does not.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze, draftOf, equal as same } from "#schema/copy.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { FieldSet } from "#schema/fieldset.ts";
import { decodeJson } from "#schema/json.ts";
import { openApiV3Of, openApiV3Scalars, schemaNameOf, structsOf } from "#schema/openapi.ts";
import { decodeProto, encodeProto, unwrapUnknown, wrapUnknown } from "#schema/protobuf.ts";
import { RandomValues } from "#schema/random-values.ts";
import type { AnyStruct } from "#schema/struct.ts";
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
    const json = new RandomValues(seed * 7_919 + struct.name.length).struct(struct, 0);
    const { value, problems } = decodeJson(struct, json, { defaults: false });
    deepEqual(problems, [], `${struct.name}, seed ${seed}`);
    check(value as object, seed);
  }
}

describe("random objects of every kind", () => {
  for (const struct of structs) {
    // Drafts share what was not changed with the stored object, which nobody may write to.
    test(`${struct.name}: defaults write nothing to what is complete`, () => {
      forRandom(struct, (object, seed) => {
        const complete = deepFreeze(applyDefaults(struct, draftOf(object) as never) as object);
        equal(applyDefaults(struct, complete as never), complete, `seed ${seed}`);
        const members = Object.values(complete).filter((value) => typeof value === "object");
        ok(members.every(Object.isFrozen), `seed ${seed}`);
      });
    });

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
