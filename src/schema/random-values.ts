/** Objects of any struct, drawn from a seed: every field may be there, empty, or filled. For tests. */
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import type { AnyField, AnyStruct, Scalar, Type } from "./struct.ts";

/** Below this, structs are left empty. */
const levelsMax = 9;

export class RandomValues {
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
