import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import protobufjs from "protobufjs";
import { DecodeError, decodeJson } from "./json.ts";
import { depthMax } from "./limits.ts";
import { decodeProto, encodeProto, fieldHead, unwrapUnknown, wrapUnknown } from "./protobuf.ts";
import type { AnyStruct } from "./struct.ts";
import { Container, Deployment, Everything, JSONSchemaProps, ObjectMeta, Pod } from "./testing.ts";

const canonical = (struct: AnyStruct, json: unknown): object =>
  decodeJson(struct, json, { defaults: false }).value as object;

const hex = (struct: AnyStruct, json: unknown): string =>
  Buffer.from(encodeProto(struct, canonical(struct, json))).toString("hex");

/** Hexadecimal digits, with blanks for the eye. */
const packed = (text: string): string => text.replaceAll(" ", "");

const bytes = (text: string): Uint8Array => Buffer.from(packed(text), "hex");

/** There and back; kind and apiVersion do not travel. */
const travelled = (struct: AnyStruct, json: unknown): unknown =>
  decodeProto(struct, encodeProto(struct, canonical(struct, json)));

describe("encoding", () => {
  test("values are written even when zero, nested ones even when empty", () => {
    equal(hex(ObjectMeta, {}), packed("0a00 1a00 3800 4200"));
    equal(hex(Container, { name: "a" }), packed("0a0161 1200 4200 7200 800100"));
  });

  test("a pod: fields in rising order, pointers only when set, an inlined struct as a message", () => {
    const json = {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "p", labels: { b: "2", a: "1" }, deletionGracePeriodSeconds: 0 },
      spec: { volumes: [{ name: "v", emptyDir: {} }], hostNetwork: true },
    };
    const metadata = "0a0170 1a00 3800 4200 5000 5a06 0a0161120131 5a06 0a0162120132";
    const spec = "0a09 0a0176 1204 1202 0a00 5801";
    equal(hex(Pod, json), packed(`0a1b${metadata}120d${spec}1a02 0a00`));
  });

  test("special scalars are small messages", () => {
    const json = {
      bool: true,
      bytes: "AAE=",
      float: 1.5,
      int32: -1,
      int64: 300,
      quantity: "1000m",
      port: "http",
      at: "1970-01-01T00:00:01Z",
      exactlyAt: "1970-01-01T00:00:01.000002Z",
      timeout: "1s",
      raw: { a: 1 },
      any: "x",
      extra: { k: ["v", ""] },
      verbs: ["get"],
      name: "n",
    };
    equal(
      hex(Everything, json),
      [
        "0801", // bool
        "12020001", // bytes
        "19000000000000f83f", // float
        "20ffffffffffffffffff01", // int32: negative ones take ten bytes
        "28ac02", // int64
        "3203 0a0131", // quantity, canonical
        "3a0a 0801 1000 1a0468747470", // port: type, number, text, all of them
        "4204 0801 1000", // at: seconds and nanos, both
        "4a05 0801 10d00f", // exactlyAt
        "5206 088094ebdc03", // timeout in nanoseconds
        "5a09 0a077b2261223a317d", // raw: {"a":1}
        "6a05 0a03227822", // any: "x"
        "720a 0a016b 1205 0a0176 0a00", // extra
        "7a05 0a03676574", // verbs
        "9a01016e", // name
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  test("zero times are empty messages", () => {
    const text = "0800 2800 3203 0a0130 3a06080010001a00 4200 4a00 52020800 9a0100";
    equal(hex(Everything, {}), packed(text));
  });

  test("keys of maps are sorted by their bytes, not by UTF-16", () => {
    const labels = { "\u{10000}": "", "\uffee": "", "": "" };
    const keys = [...hex(ObjectMeta, { labels }).matchAll(/5a..0a..(.*?)1200/g)].map(([, k]) => k);
    deepEqual(keys, ["", "efbfae", "f0908080"]);
  });

  test("numbers are not packed", () => {
    equal(hex(Everything, { numbers: [1, 0, -1] }).includes(packed("880101 880100 8801ff")), true);
  });

  test("an empty value in a map of bytes is written", () => {
    equal(hex(Everything, { blobs: { a: "" } }).includes("9201050a01611200"), true);
  });

  test("schemas are messages with all of their forms' members", () => {
    equal(hex(JSONSchemaProps, { additionalProperties: false }), packed("2a00 f20102 0800"));
    const json = { items: [{ type: "string" }], additionalProperties: { type: "object" } };
    const items = "c2010a 1208 2a06737472696e67";
    const rest = "f2010c 0801 1208 2a066f626a656374";
    equal(hex(JSONSchemaProps, json), packed(`2a00 ${items} ${rest}`));
  });

  test("the same bytes as an independent implementation writes", () => {
    const proto = `syntax = "proto2";
      message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
      message Owner { optional string kind = 1; optional string name = 3; optional string uid = 4;
        optional string apiVersion = 5; optional bool controller = 6; }
      message Meta { optional string name = 1; optional string namespace = 3;
        optional int64 generation = 7; optional Time creationTimestamp = 8;
        optional Time deletionTimestamp = 9; optional int64 deletionGracePeriodSeconds = 10;
        map<string, string> labels = 11; map<string, string> annotations = 12;
        repeated Owner ownerReferences = 13; repeated string finalizers = 14; }`;
    const Meta = protobufjs.parse(proto).root.lookupType("Meta");
    const owner = { kind: "K", name: "n", uid: "u", apiVersion: "v1", controller: false };
    const shared = {
      name: "näme-".repeat(40),
      namespace: "default",
      generation: 2 ** 40,
      deletionGracePeriodSeconds: 30,
      labels: { a: "x".repeat(200), b: "" },
      annotations: { "example.com/long": "y".repeat(70_000) },
      ownerReferences: [owner, owner],
      finalizers: ["one", "two"],
    };
    const time = "2026-01-02T03:04:05Z";
    const seconds = { seconds: Date.parse(time) / 1_000, nanos: 0 };
    const times = { creationTimestamp: time, deletionTimestamp: time };
    const theirs = Meta.encode(
      Meta.fromObject({ ...shared, creationTimestamp: seconds, deletionTimestamp: seconds }),
    ).finish();
    equal(hex(ObjectMeta, { ...shared, ...times }), Buffer.from(theirs).toString("hex"));
  });

  test("a struct that is JSON only is refused", () => {
    const table: AnyStruct = { name: "meta/v1.Table", fields: {}, options: { noProto: true } };
    throws(() => encodeProto(table, {}), TypeError);
  });
});

describe("decoding", () => {
  const cases: [name: string, struct: AnyStruct, json: unknown][] = [
    ["an empty pod", Pod, {}],
    [
      "a pod",
      Pod,
      {
        metadata: {
          name: "ü",
          labels: { b: "1", a: "" },
          creationTimestamp: "2026-01-02T03:04:05Z",
        },
        spec: { volumes: [{ name: "v", secret: { defaultMode: 0 } }], containers: [{ name: "c" }] },
        status: { conditions: [{ type: "Ready", status: "True" }] },
      },
    ],
    ["a null that stays", Deployment, { spec: { replicas: 0 } }],
    [
      "every scalar",
      Everything,
      {
        bytes: "aGVsbG8=",
        float: -0.25,
        int32: -7,
        int64: -(2 ** 40),
        quantity: "100m",
        port: 8080,
        at: "2026-01-02T03:04:05Z",
        exactlyAt: "1969-12-31T23:59:59.000001Z",
        timeout: "1h30m",
        raw: { kind: "X" },
        fields: { "f:a": {} },
        any: [null, false],
        extra: { a: [], b: ["x"] },
        verbs: ["get", "list"],
        times: { a: null, b: "2026-01-02T03:04:05Z" },
        numbers: [1, -1, 2 ** 53 - 1],
        blobs: { a: "", b: "AA==" },
        map: { k: { name: "c" } },
      },
    ],
    [
      "schemas in all forms",
      JSONSchemaProps,
      {
        default: false,
        enum: [null, "a"],
        items: [{ type: "string" }, {}],
        properties: { a: { items: { type: "array" }, additionalProperties: false } },
        additionalProperties: { additionalProperties: true },
        dependencies: { a: ["b"], c: { type: "object" } },
      },
    ],
  ];
  for (const [name, struct, json] of cases) {
    test(`${name} comes back as it was`, () => {
      equal(JSON.stringify(travelled(struct, json)), JSON.stringify(canonical(struct, json)));
    });
  }

  test("texts that look alike to the cache are told apart", () => {
    const labels = { Aa: "BB", BB: "Aa", AaBB: "BBAa", BBAa: "AaBB" };
    deepEqual(travelled(ObjectMeta, { labels }), canonical(ObjectMeta, { labels }));
  });

  test("the largest int64 keeps its size, if not its last digits", () => {
    const max = bytes("28ffffffffffffffff7f");
    equal((decodeProto(Everything, max) as { int64: number }).int64, 2 ** 63);
    const min = bytes("2880808080808080808001");
    equal((decodeProto(Everything, min) as { int64: number }).int64, -(2 ** 63));
  });

  test("fields that nobody knows are skipped, packed numbers are taken, order does not matter", () => {
    const odd = bytes("8a0102 0102 f07f01 f17f0000000000000000 f27f0141 f57f00000000 0801");
    const { bool, numbers } = decodeProto(Everything, odd) as { bool: boolean; numbers: number[] };
    deepEqual([bool, numbers], [true, [1, 2]]);
  });

  const broken: [name: string, struct: AnyStruct, hex: string, message: string][] = [
    ["a text cut short", ObjectMeta, "0a0561", "unexpected EOF"],
    ["a message longer than the one around it", Pod, "0a0512", "unexpected EOF"],
    [
      "a message that reaches beyond the one around it",
      Pod,
      "12021205 0a01611200",
      "unexpected EOF",
    ],
    ["a number without an end", Everything, "28ffffffffffffffffffffff", "proto: integer overflow"],
    ["a group", ObjectMeta, "ab01", "proto: illegal wireType 3"],
    ["a number for a text", ObjectMeta, "0801", "proto: wrong wireType = 0 for field Name"],
    ["a text for a number in a time", ObjectMeta, "42020a00", "proto: wrong wireType = 2"],
    ["no JSON where JSON is embedded", Everything, "5a030a017b", "embedded JSON is malformed"],
    [
      "no year",
      Everything,
      "420a08ffffffffffffffff7f",
      "Time.MarshalJSON: year outside of range [0,9999]",
    ],
  ];
  for (const [name, struct, input, message] of broken) {
    test(`${name} is refused`, () => {
      throws(
        () => decodeProto(struct, bytes(input)),
        (error) => {
          equal((error as Error).message, message);
          return error instanceof DecodeError;
        },
      );
    });
  }

  test("nesting beyond the limit is refused", () => {
    let schema: Uint8Array = new Uint8Array();
    for (let i = 0; i <= depthMax; i++) {
      const inner = Buffer.concat([fieldHead(2, schema.length), schema]);
      schema = Buffer.concat([fieldHead(30, inner.length), inner]);
    }
    throws(() => decodeProto(JSONSchemaProps, schema), { message: "exceeded max depth" });
  });
});

describe("the envelope", () => {
  const names = { apiVersion: "apps/v1", kind: "Deployment" };

  test("four magic bytes, then all fields of runtime.Unknown", () => {
    equal(
      Buffer.from(wrapUnknown({ apiVersion: "v1", kind: "Pod" }, bytes("0a00"))).toString("hex"),
      packed("6b387300 0a09 0a027631 1203506f64 12020a00 1a00 2200"),
    );
  });

  test("comes off again", () => {
    const raw = new Uint8Array(70_000).fill(7);
    const { contentType, ...rest } = unwrapUnknown(wrapUnknown(names, raw));
    deepEqual(
      [rest.apiVersion, rest.kind, Buffer.compare(rest.raw, raw), contentType],
      ["apps/v1", "Deployment", 0, ""],
    );
  });

  test("a body without it is refused", () => {
    throws(() => unwrapUnknown(new Uint8Array()), { message: "empty data" });
    throws(() => unwrapUnknown(bytes("6b387300")), { message: "empty body" });
    throws(() => unwrapUnknown(bytes("7b7d")), {
      message:
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    });
  });
});
