/** Questions drawn from seeds, put to the server's own code and to upstream's libraries. */
import {
  kinds,
  patchedHere,
  type PatchQuestion,
  type WriteAnswer,
  type WriteQuestion,
  writtenHere,
} from "../../src/apiserver/oracles/testing.ts";
import type { AnyKind } from "../../src/api/kind.ts";
import { schemaNameOf } from "../../src/schema/openapi.ts";
import { answerThere, differences, isOutdated, sameButOrder, samePatched } from "./compare.ts";
import { type Definitions, definitionsOf } from "./definitions.ts";
import { Oracle } from "./oracle.ts";
import { drawPatch } from "./patches.ts";
import { shrunk } from "./shrink.ts";
import { drawTurns, forOracle, type Turn } from "./writes.ts";

export interface Compared {
  /** What of the answers differs; empty where nothing does. */
  readonly differs: string;
  readonly outcome: string;
  readonly seed: number;
  readonly kind?: AnyKind;
  readonly question: WriteQuestion | PatchQuestion;
  readonly here: object;
  readonly there: object;
}

export class Oracles implements AsyncDisposable {
  readonly #definitions: Definitions;
  readonly #oracle: Oracle;

  constructor(program: string) {
    this.#definitions = definitionsOf(kinds);
    this.#oracle = new Oracle(program, this.#definitions);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#oracle[Symbol.asyncDispose]();
  }

  /** The turns of some writers with one object. */
  async writes(seed: number, among = kinds): Promise<readonly Compared[]> {
    const kind = among[seed % among.length];
    if (!kind) return [];
    const turns = await drawTurns(kind, this.#definitions, seed);
    const answers = await this.#oracle.ask(turns.map(forOracle));
    return turns.map((turn, i) => {
      const there = answerThere(kind, answers[i] ?? {});
      return { ...this.#written(turn, there), seed };
    });
  }

  async patches(seed: number, count: number): Promise<readonly Compared[]> {
    const questions = Array.from({ length: count }, (_, i) => drawPatch(seed + i));
    const answers = await this.#oracle.ask(questions);
    return questions.map((question, i) => {
      const here = patchedHere(question);
      const there = answers[i] ?? {};
      const isSame = isOutdated(here, there) || samePatched(here, there);
      const outcome = there.error === undefined ? question.op : `${question.op} refused`;
      return { seed: seed + i, question, here, there, outcome, differs: isSame ? "" : "answer" };
    });
  }

  /** The least that still differs. */
  async shrink(found: Compared): Promise<Compared> {
    const { kind, seed } = found;
    if (!kind) return found;
    const again = async (question: WriteQuestion): Promise<Compared> => {
      const turn: Turn = { kind, question, here: await writtenHere(kind, question) };
      const [answer = {}] = await this.#oracle.ask([forOracle(turn)]);
      return { ...this.#written(turn, answerThere(kind, answer)), seed };
    };
    const small = await shrunk(found.question as WriteQuestion, async (question) => {
      const isWhole = question.op && question.object && question.owners && question.manager;
      return Boolean(isWhole) && (await again(question)).differs === found.differs;
    });
    return again(small);
  }

  #written({ kind, question, here }: Turn, there: WriteAnswer): Omit<Compared, "seed"> {
    const isSame = (a: unknown, b: unknown): boolean =>
      sameButOrder(this.#definitions, this.#definitions[schemaNameOf(kind.schema)] ?? {}, [a, b]);
    // A write that the library cannot read is none of its business.
    const isUnread = question.op === "update" && there.error !== undefined;
    const differs =
      isUnread || isOutdated(here, there) ? "" : differences(here, there, isSame).join();
    const outcome = there.error ? "refused" : there.conflicts ? "conflicts" : "written";
    return { kind, question, here, there, differs, outcome: `${question.op} ${outcome}` };
  }
}
