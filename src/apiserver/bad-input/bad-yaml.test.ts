import { bad, maps, refuses, yaml } from "./testing.ts";

const type = yaml;
const unrecognized = (why: string) =>
  new RegExp(
    String.raw`^the object provided is unrecognized \(must be of type ConfigMap\): ${why} \(`,
  );
const bomb = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ..."bcdefgh".split("").map((name, i) => {
    const before = `*${"abcdefgh"[i]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(",")}]`;
  }),
].join("\n");

refuses([
  {
    what: "two things in one line",
    send: ["POST", maps, { type, body: "metadata: name: b" }],
    says: bad(unrecognized("yaml: line 1.*: mapping values are not allowed in this context")),
  },
  {
    what: "an anchor that is not there",
    send: ["POST", maps, { type, body: "metadata: *b" }],
    says: bad(unrecognized("yaml:.* unknown anchor 'b' referenced")),
  },
  {
    what: "aliases of aliases of aliases",
    send: ["POST", maps, { type, body: bomb }],
    says: bad(unrecognized("yaml:.* document contains excessive aliasing")),
  },
  {
    what: "a list",
    send: ["POST", maps, { type, body: "- a\n- b" }],
    says: bad(/json parse error: json: cannot unmarshal array into Go value of type struct/),
  },
  {
    what: "nested too deep",
    send: ["POST", maps, { type, body: `data: ${"[".repeat(5_000)}` }],
    says: bad(unrecognized("yaml: exceeded max depth of 250")),
  },
  {
    what: "more than anybody writes",
    send: ["POST", maps, { type, body: `data:\n  x: ${"y".repeat(300_000)}` }],
    says: [
      413,
      "RequestEntityTooLarge",
      "Request entity too large: YAML may have 262144 characters; send more than that as JSON",
    ],
  },
  {
    what: "a field that stands twice, when asked to be strict",
    send: [
      "POST",
      `${maps}?fieldValidation=Strict`,
      { type, body: "metadata: {name: b}\ndata: {x: y}\ndata: {x: z}" },
    ],
    says: bad(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 3: key "data" already set in map',
    ),
  },
]);
