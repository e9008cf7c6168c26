import { map, maps, type Refusal, refuses, type Row } from "./testing.ts";

const types = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const notAcceptable: Refusal = [
  406,
  "NotAcceptable",
  `only the following media types are accepted: ${types}`,
];
const unsupported: Refusal = [
  415,
  "UnsupportedMediaType",
  `the body of the request was in an unknown format - accepted media types include: ${types}`,
];

const metadata = (view: string): string => `application/json;as=${view};g=meta.k8s.io;v=v1`;

refuses([
  ...[
    "text/html",
    "application/xml;q=1",
    "application/json;as=Frob;g=meta.k8s.io;v=v1",
    "application/json;as=Table;g=meta.k8s.io",
    "application/json;as=Table;v=v1",
    "application/json;q=0",
  ].map((accept): Row => ({
    what: `Accept: ${accept}`,
    send: ["GET", maps, { headers: { accept } }],
    says: notAcceptable,
  })),
  {
    what: "nothing is created when the answer cannot be had",
    send: ["POST", maps, { body: { metadata: { name: "b" } }, headers: { accept: "text/html" } }],
    says: notAcceptable,
  },
  {
    what: "one object for a list",
    send: ["GET", maps, { headers: { accept: metadata("PartialObjectMetadata") } }],
    says: [
      406,
      "NotAcceptable",
      "you requested PartialObjectMetadata, but the requested object is a list",
    ],
  },
  ...(["GET", "PUT"] as const).map((method): Row => ({
    what: `a list for one object: ${method}`,
    send: [
      method,
      map,
      {
        body: { metadata: { name: "a" } },
        headers: { accept: metadata("PartialObjectMetadataList") },
      },
    ],
    says: [
      406,
      "NotAcceptable",
      "you requested PartialObjectMetadataList, but the requested object is not a list",
    ],
  })),
  ...["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"].map(
    (type): Row => ({
      what: `Content-Type: ${type}`,
      send: ["POST", maps, { body: { metadata: { name: "b" } }, type }],
      says: unsupported,
    }),
  ),
  { what: "an update", send: ["PUT", map, { body: "<a/>", type: "text/xml" }], says: unsupported },
  {
    what: "options of a deletion",
    send: ["DELETE", map, { body: "<a/>", type: "text/xml" }],
    says: unsupported,
  },
]);
