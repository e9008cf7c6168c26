import { bad, maps, refuses, type Row } from "./testing.ts";

const token = (json: string): string => Buffer.from(json).toString("base64url");
const version = "(version meta.k8s.io/v1)";

const rows: readonly [text: string, why: string][] = [
  ["abc", ": invalid character 'i' looking for beginning of value"],
  [token("{"), ": unexpected end of JSON input"],
  [token("[]"), ": json: cannot unmarshal array into Go value of type storage.continueToken"],
  [
    token('{"v":5}'),
    ": json: cannot unmarshal number into Go struct field continueToken.v of type string",
  ],
  [token("{}"), ": server does not recognize this encoded version "],
  [token('{"v":"v2","rv":1,"start":"a"}'), ": server does not recognize this encoded version v2"],
  [
    token('{"v":"meta.k8s.io/v1","start":"a"}'),
    `: incorrect encoded start resourceVersion ${version}`,
  ],
  [token('{"v":"meta.k8s.io/v1","rv":1}'), `: encoded start key empty ${version}`],
  [token('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/x"}'), ": ../secrets/x"],
];

refuses([
  ...rows.map(([text, why]): Row => ({
    what: Buffer.from(text, "base64url").toString(),
    send: ["GET", `${maps}?limit=1&continue=${text}`],
    says: bad(`invalid continue token: continue key is not valid${why}`),
  })),
  {
    what: "no base64",
    send: ["GET", `${maps}?continue=a.b`],
    says: bad(
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 1",
    ),
  },
  {
    what: "with a version of its own",
    send: [
      "GET",
      `${maps}?continue=${token('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}')}&resourceVersion=5`,
    ],
    says: bad("specifying resource version is not allowed when using continue"),
  },
  {
    what: "in a deletion of many",
    send: ["DELETE", `${maps}?continue=abc`],
    says: bad(
      "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
    ),
  },
]);
