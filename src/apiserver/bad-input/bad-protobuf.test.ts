import { ConfigMap } from "#api/core/configmap.ts";
import { encodeProto, wrapUnknown } from "#schema/protobuf.ts";
import { bad, map, maps, protobuf, refuses } from "./testing.ts";

const type = protobuf;
const ofMap = { apiVersion: "v1", kind: "ConfigMap" };
const whole = wrapUnknown(
  ofMap,
  encodeProto(ConfigMap.schema, { ...ofMap, metadata: { name: "b" } }),
);
const unrecognized = "the object provided is unrecognized (must be of type ConfigMap): ";
const deep = (depth: number): Uint8Array => {
  let bytes: Uint8Array = new Uint8Array();
  for (let i = 0; i < depth; i++) bytes = Buffer.concat([Buffer.from([0x0b]), bytes]);
  return bytes;
};

refuses([
  {
    what: "nothing",
    send: ["POST", maps, { type }],
    says: bad(`${unrecognized}empty data (<empty>)`),
  },
  {
    what: "text",
    send: ["POST", maps, { type, body: '{"metadata":{"name":"b"}}' }],
    says: bad(
      `${unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"metadata":{"name":"b"}})`,
    ),
  },
  {
    what: "the magic bytes alone",
    send: ["POST", maps, { type, body: Buffer.from("k8s\0") }],
    says: bad(`${unrecognized}empty body (6b387300)`),
  },
  {
    what: "an envelope that ends too early",
    send: ["PUT", map, { type, body: whole.subarray(0, 12) }],
    says: bad(
      /^the object provided is unrecognized \(must be of type ConfigMap\): unexpected EOF \(/,
    ),
  },
  {
    what: "a message that ends too early",
    send: ["POST", maps, { type, body: wrapUnknown(ofMap, Uint8Array.of(0x0a, 0x7f, 0x0a)) }],
    says: bad('ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF'),
  },
  {
    what: "a field of another wire type",
    send: ["POST", maps, { type, body: wrapUnknown(ofMap, Uint8Array.of(0x08, 0x01)) }],
    says: bad(
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: proto: wrong wireType = 0 for field /,
    ),
  },
  {
    what: "groups in groups in groups",
    send: ["POST", maps, { type, body: wrapUnknown(ofMap, deep(100_000)) }],
    says: bad(/^ConfigMap in version "v1" cannot be handled as a ConfigMap: /),
  },
  {
    what: "a length beyond all bounds",
    send: [
      "POST",
      maps,
      {
        type,
        body: wrapUnknown(
          ofMap,
          Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
        ),
      },
    ],
    says: bad(/^ConfigMap in version "v1" cannot be handled as a ConfigMap: /),
  },
  {
    what: "another kind",
    send: [
      "POST",
      maps,
      { type, body: wrapUnknown({ apiVersion: "v1", kind: "Pod" }, new Uint8Array()) },
    ],
    says: bad(
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ),
  },
  {
    what: "a bad name",
    send: [
      "POST",
      maps,
      {
        type,
        body: wrapUnknown(
          ofMap,
          encodeProto(ConfigMap.schema, { ...ofMap, metadata: { name: "A_" } }),
        ),
      },
    ],
    says: [422, "Invalid", /^ConfigMap "A_" is invalid: metadata.name: Invalid value: "A_"/],
  },
]);
