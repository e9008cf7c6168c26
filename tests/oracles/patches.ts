/** Documents and patches for them, drawn from a seed: most of what they name is there, some is not. */
import { below, chance, pick, type Random, seededRandom } from "../../src/base/random.ts";
import type { PatchQuestion } from "../../src/apiserver/oracles/testing.ts";
import type { Json } from "../../src/schema/struct.ts";

export function drawPatch(seed: number): PatchQuestion {
  const random = seededRandom(seed);
  const document = drawObject(random, 0);
  if (chance(random, 0.3)) return { op: "merge-patch", document, patch: drawObject(random, 0) };
  const paths = [...pathsIn(document, "")];
  const patch = Array.from({ length: 1 + below(random, 4) }, () => operation(random, paths));
  return { op: "json-patch", document, patch };
}

const names = ["a", "b", "a/b", "m~n", "0", "-"] as const;
const scalars = [0, 1, "", "x", true, null] as const;

function drawJson(random: Random, level: number): Json {
  if (level > 3 || chance(random, 0.4)) return pick<Json>(random, scalars);
  if (chance(random, 0.5)) return drawObject(random, level);
  return Array.from({ length: below(random, 4) }, () => drawJson(random, level + 1));
}

const drawObject = (random: Random, level: number): Json =>
  Object.fromEntries(
    names
      .filter(() => chance(random, 0.45))
      .map((name) => [name, drawJson(random, level + 1)] as const),
  );

function* pathsIn(json: Json | undefined, at: string): Iterable<string> {
  yield at;
  if (typeof json !== "object" || json === null) return;
  for (const [name, inner] of Object.entries(json)) {
    yield* pathsIn(inner, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

const operations = ["add", "remove", "replace", "move", "copy", "test"] as const;

function operation(random: Random, paths: readonly string[]): Json {
  const op = chance(random, 0.01) ? "spam" : pick(random, operations);
  const members: [string, Json][] = [["op", op]];
  if (!chance(random, 0.01)) members.push(["path", drawPath(random, paths)]);
  if (op === "move" || op === "copy") members.push(["from", drawPath(random, paths)]);
  const hasValue = op === "add" || op === "replace" || op === "test";
  if (hasValue && !chance(random, 0.02)) members.push(["value", drawJson(random, 1)]);
  return Object.fromEntries(members);
}

const tails = [
  "/-",
  "/0",
  "/1",
  "/-1",
  "/9",
  "/a",
  "/zz",
  "/01",
  "/+1",
  "/1x",
  "/",
  "/~1",
  "/~2",
] as const;

function drawPath(random: Random, paths: readonly string[]): string {
  const path = paths[below(random, paths.length)] ?? "";
  if (chance(random, 0.6)) return path;
  if (chance(random, 0.7)) return path + pick(random, tails);
  return chance(random, 0.5) ? path.slice(1) : `${path}/a/b`;
}
