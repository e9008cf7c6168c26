/** Writers take turns with an object, drawn from a seed; each turn is a question. */
import type { AnyKind } from "../../src/api/kind.ts";
import { below, chance, pick, type Random, seededRandom } from "../../src/base/random.ts";
import { schemaNameOf } from "../../src/schema/openapi.ts";
import type { Json, JsonObject } from "../../src/schema/struct.ts";
import { checkApplied } from "../../src/schema/structural.ts";
import { zeroStruct } from "../../src/schema/layout.ts";
import {
  storedAs,
  type WriteAnswer,
  type WriteQuestion,
  writtenHere,
} from "../../src/apiserver/oracles/testing.ts";
import { DecodeError } from "../../src/schema/json.ts";
import type { Definitions } from "./definitions.ts";
import { Draw } from "./draw.ts";

export interface Turn {
  readonly kind: AnyKind;
  readonly question: WriteQuestion;
  readonly here: WriteAnswer;
}

const managers = ["ann", "bob", "cid", "dan"] as const;

export async function drawTurns(
  kind: AnyKind,
  definitions: Definitions,
  seed: number,
): Promise<readonly Turn[]> {
  const random = seededRandom(seed);
  const writers = new Writers(random, kind, definitions);
  const turns: Turn[] = [];
  for (let i = 3 + below(random, 8); i > 0; i--) turns.push(await writers.next());
  return turns;
}

class Writers {
  readonly #random: Random;
  readonly #kind: AnyKind;
  readonly #draw: Draw;
  readonly #template: unknown;
  readonly #count: number;
  readonly #definition: Definitions[string];
  /** What each of them applied last. */
  readonly #last = new Map<string, unknown>();
  #live: JsonObject | undefined;
  #owners: WriteQuestion["owners"] = {};

  constructor(random: Random, kind: AnyKind, definitions: Definitions) {
    this.#random = random;
    this.#kind = kind;
    this.#draw = new Draw(random, definitions);
    this.#count = 2 + below(random, managers.length - 1);
    this.#definition = definitions[schemaNameOf(kind.schema)] ?? {};
    this.#template = this.#draw.value(this.#definition);
  }

  async next(): Promise<Turn> {
    const manager = managers[below(this.#random, this.#count)] ?? "ann";
    const op = chance(this.#random, 0.75) ? "apply" : "update";
    const force = op === "apply" && chance(this.#random, 0.35);
    const object = this.#object(op, manager);
    const live = this.#live;
    const question: WriteQuestion = {
      op,
      ...(live ? { live } : {}),
      owners: this.#owners,
      manager,
      force,
      object,
    };
    const here = await writtenHere(this.#kind, question);
    if (here.object) {
      if (op === "apply") this.#last.set(manager, object);
      this.#live = plain(here.object);
      this.#owners = here.owners ?? {};
    }
    return { kind: this.#kind, question, here };
  }

  #object(op: WriteQuestion["op"], manager: string): JsonObject {
    const bases = [this.#template, this.#last.get(manager), this.#live];
    const base =
      op === "update" && chance(this.#random, 0.7)
        ? this.#live
        : pick(this.#random, bases as never);
    const value = (base ?? this.#template) as JsonObject;
    const changed = chance(this.#random, 0.1) ? value : this.#draw.changed(this.#definition, value);
    const object = this.#asObject(changed as JsonObject);
    return op === "update" ? this.#stored(object) : object;
  }

  /** An update comes as it is stored; one that makes no sense is none. */
  #stored(object: JsonObject): JsonObject {
    try {
      const stored = plain(storedAs(this.#kind, object));
      // Types are no matter of the library, and this version of it stops at items of the same name.
      if (checkApplied(this.#kind.schema, stored) === "") return stored;
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
    }
    return this.#live ?? plain(storedAs(this.#kind, this.#asObject({})));
  }

  #asObject(drawn: JsonObject): JsonObject {
    const { status, metadata, ...rest } = drawn;
    const { apiVersion, kind } = this.#kind;
    return {
      ...rest,
      ...(this.#kind.status || status === undefined ? {} : { status }),
      apiVersion,
      kind,
      metadata: { ...(isObject(metadata) ? metadata : {}), name: "x" },
    };
  }
}

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

/** As the oracle wants it: an object that is not there is an empty one. */
export function forOracle({ kind, question }: Turn): object {
  const { op, live, owners, manager, force, object } = question;
  const empty = JSON.parse(JSON.stringify(zeroStruct(kind.schema))) as object;
  const operation = op === "apply" ? "Apply" : "Update";
  return {
    op,
    type: schemaNameOf(kind.schema),
    version: kind.apiVersion,
    live: live ?? empty,
    // Whose books nobody kept is first looked over as a whole.
    ...(live ? { empty } : {}),
    object,
    managers: Object.entries(owners).map(([name, fields]) => ({
      name,
      version: kind.apiVersion,
      applied: name.startsWith("Apply "),
      fields,
    })),
    manager: `${operation} ${manager}`,
    force,
  };
}
