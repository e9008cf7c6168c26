import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import { differenceBytesMax, differenceFrom, restore } from "./difference.ts";

const share = 0.25;

/** Through its difference from the model, with something on either side; undefined when there is none. */
function again(model: Buffer, value: Buffer): Buffer | undefined {
  const difference = differenceFrom(model, value, share);
  if (!difference) return undefined;
  const into = Buffer.alloc(value.length + 2, "#");
  restore(difference, into, 1);
  equal(into.toString("latin1", 0, 1) + into.toString("latin1", value.length + 1), "##");
  return into.subarray(1, -1);
}

const pod = (name: string, labels: object, image = "web:1"): Buffer =>
  Buffer.from(
    JSON.stringify({
      kind: "Pod",
      metadata: { name, uid: `${name}-${name.length}`, labels },
      spec: {
        containers: [{ name: "main", image, args: ["--port", "8080"], env: [{ name: "ä" }] }],
        volumes: Array.from({ length: 9 }, (_, i) => ({ name: `volume-${i}`, emptyDir: {} })),
        tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }],
      },
    }),
  );

test("objects of one origin are told in a fraction of their size", () => {
  const model = pod("web-1", { app: "web" });
  const others = [
    pod("web-2", { app: "web" }),
    pod("a-much-longer-name", { app: "web" }),
    pod("w", { app: "web", and: "another label" }),
    pod("web-1", {}),
    pod("web-1", { app: "web" }, "web:2"),
    model,
  ];
  for (const value of others) {
    deepEqual(again(model, value), value);
    ok((differenceFrom(model, value, share)?.steps.length ?? Infinity) < value.length / 5);
  }
});

test("what is not alike is not told by its difference", () => {
  const noise = (seed: number, length: number): Buffer => {
    const random = seededRandom(seed);
    return Buffer.from(Array.from({ length }, () => below(random, 256)));
  };
  equal(differenceFrom(noise(1, 1_000), noise(2, 1_000), share), undefined);
  equal(differenceFrom(Buffer.from(""), Buffer.from("something"), share), undefined);
  const large = Buffer.alloc(differenceBytesMax + 1);
  equal(differenceFrom(large, large, share), undefined);
});

test("any bytes come back as they were", () => {
  const random = seededRandom(7);
  const pieces = [
    '"',
    '{"a":',
    "\0",
    "ÿ",
    '"name":"x"',
    "0123456789abcdef",
    ",",
    "\u{1F600}",
    "]}",
  ];
  const text = (): Buffer[] =>
    Array.from({ length: below(random, 61) }, () =>
      Buffer.from(pieces[below(random, pieces.length)] ?? ""),
    );
  let told = 0;
  for (let i = 0; i < 3_000; i++) {
    const model = text();
    const value = model.slice();
    for (let edits = below(random, 4); edits > 0; edits--)
      value.splice(below(random, value.length + 1), below(random, 3), ...text().slice(0, 2));
    const whole = Buffer.concat(value);
    const found = again(Buffer.concat(model), whole);
    if (!found) continue;
    told++;
    deepEqual(found, whole);
  }
  ok(told > 500, `${told} were alike`);
});
