/** Comprehensions as loops. The costs of each turn are those of upstream's expansion of the macro. */
import { listBase, mapBase } from "#cel/cost/call-cost.ts";
import type { Fold } from "#cel/syntax/nodes.ts";
import { paramOf } from "#cel/types.ts";
import { CelEvaluationError, entriesOf, fail, isMap, mapKey, type Value } from "#cel/values.ts";
import { adapterFor, type Adapter } from "./adapt.ts";
import type { Emitter } from "./emit.ts";
import { charge, type Code, type Frame } from "./frame.ts";

/** One turn of a loop; true ends it. */
type Turn = (frame: Frame, item: Value) => boolean;

interface Loop {
  readonly range: Code;
  readonly first: number;
  readonly second: number | undefined;
  readonly condition: Code | undefined;
  readonly body: Code;
  readonly adaptKey: Adapter | undefined;
  readonly adaptValue: Adapter | undefined;
}

export function emitFold(emitter: Emitter, node: Fold): Code {
  const range = emitter.emit(node.range);
  const [name = "", other] = node.variables;
  const type = emitter.typeOf(node.range);
  const isAMap = type.form === "map";
  return emitter.withLocal({ name }, (first) => {
    const inside = (second: number | undefined): Code => {
      const condition = node.condition && emitter.emit(node.condition);
      const body = emitter.emit(node.body);
      const adaptKey = isAMap ? adapterFor(paramOf(type)) : undefined;
      const adaptValue = adapterFor(paramOf(type, isAMap ? 1 : 0));
      return loops[node.form]({ range, first, second, condition, body, adaptKey, adaptValue });
    };
    return other === undefined ? inside(undefined) : emitter.withLocal({ name: other }, inside);
  });
}

/** Calls `turn` for each, with the variables set; says whether it was ended, and whether more were left. */
function run(frame: Frame, loop: Loop, turn: Turn): "done" | "ended" | "ended early" {
  const range = loop.range(frame);
  const { first, second } = loop;
  const { locals } = frame;
  if (!Array.isArray(range))
    return isMap(range) ? runMap(frame, { loop, range, turn }) : fail("no such overload");
  const items = range as readonly Value[];
  const { adaptValue } = loop;
  for (let i = 0; i < items.length; i++) {
    const item = adaptValue ? adaptValue(items[i]) : items[i];
    locals[second ?? first] = item;
    if (second !== undefined) locals[first] = i;
    if (turn(frame, locals[first])) return i + 1 < items.length ? "ended early" : "ended";
  }
  return "done";
}

interface MapRun {
  readonly loop: Loop;
  readonly range: Parameters<typeof entriesOf>[0];
  readonly turn: Turn;
}

function runMap(frame: Frame, { loop, range, turn }: MapRun): "done" | "ended" | "ended early" {
  const { first, second, adaptKey, adaptValue } = loop;
  const { locals } = frame;
  let isEnded = false;
  for (const [key, value] of entriesOf(range)) {
    if (isEnded) return "ended early";
    locals[first] = adaptKey ? adaptKey(key) : key;
    if (second !== undefined) locals[second] = adaptValue ? adaptValue(value) : value;
    isEnded = turn(frame, locals[first]);
  }
  return isEnded ? "ended" : "done";
}

const loops: Readonly<Record<Fold["form"], (loop: Loop) => Code>> = {
  all: (loop) => quantifier(loop, { decisive: false, conditionCost: 2 }),
  exists: (loop) => quantifier(loop, { decisive: true, conditionCost: 3 }),
  existsOne: exactlyOne,
  filter: (loop) => collect(loop, { condition: loop.body, value: undefined, cost: 13 }),
  map: (loop) => collect(loop, { condition: loop.condition, value: loop.body, cost: 12 }),
  transformMap,
  transformMapEntry,
};

interface Quantifier {
  /** The result that settles it. */
  readonly decisive: boolean;
  /** Of asking, before each turn, whether to go on. */
  readonly conditionCost: number;
}

function quantifier(loop: Loop, { decisive, conditionCost }: Quantifier): Code {
  const { body } = loop;
  return (frame) => {
    let problem: CelEvaluationError | undefined;
    const end = run(frame, loop, () => {
      charge(frame, conditionCost + 1);
      try {
        const value = body(frame);
        return typeof value === "boolean" ? value === decisive : fail("no such overload");
      } catch (error) {
        if (!(error instanceof CelEvaluationError)) throw error;
        problem ??= error;
        return false;
      }
    });
    charge(frame, end === "ended early" ? conditionCost + 1 : 1);
    if (end !== "done") return decisive;
    if (problem) throw problem;
    return !decisive;
  };
}

function exactlyOne(loop: Loop): Code {
  const { body } = loop;
  return (frame) => {
    let count = 0;
    run(frame, loop, () => {
      if (!isTrue(body(frame))) return false;
      charge(frame, 2);
      count++;
      return false;
    });
    charge(frame, 2);
    return count === 1;
  };
}

interface Collection {
  readonly condition: Code | undefined;
  /** The item itself when left out. */
  readonly value: Code | undefined;
  /** Of adding one item. */
  readonly cost: number;
}

function collect(loop: Loop, { condition, value, cost }: Collection): Code {
  return (frame) => {
    const list: Value[] = [];
    charge(frame, listBase);
    run(frame, loop, (_, item) => {
      if (condition && !isTrue(condition(frame))) return false;
      list.push(value ? value(frame) : item);
      charge(frame, cost);
      return false;
    });
    charge(frame, 1);
    return list;
  };
}

function transformMap(loop: Loop): Code {
  const { condition, body } = loop;
  return (frame) => {
    const map = new Map<Value, Value>();
    charge(frame, mapBase);
    run(frame, loop, (_, key) => {
      if (condition && !isTrue(condition(frame))) return false;
      insert(map, key, body(frame));
      charge(frame, 3);
      return false;
    });
    charge(frame, 1);
    return map;
  };
}

function transformMapEntry(loop: Loop): Code {
  const { condition, body } = loop;
  return (frame) => {
    const map = new Map<Value, Value>();
    charge(frame, mapBase);
    run(frame, loop, () => {
      if (condition && !isTrue(condition(frame))) return false;
      const entries = body(frame);
      if (!isMap(entries)) return fail("no such overload");
      for (const [key, value] of entriesOf(entries)) insert(map, key, value);
      charge(frame, 2);
      return false;
    });
    charge(frame, 1);
    return map;
  };
}

function insert(map: Map<Value, Value>, key: Value, value: Value): void {
  const at = mapKey(key) ?? fail("unsupported key type");
  if (map.has(at)) fail(`insert failed: key ${String(at)} already exists`);
  map.set(at, value);
}

const isTrue = (value: Value): boolean =>
  typeof value === "boolean" ? value : fail("no such overload");
