import { bad, map, maps, type Refusal, refuses, type Row } from "./testing.ts";

const invalid = (options: string, why: string): Refusal => [
  422,
  "Invalid",
  `${options}.meta.k8s.io "" is invalid: ${why}`,
];
const get = (query: string, says: Refusal): Row => ({
  what: `GET ${query}`,
  send: ["GET", `${maps}?${query}`],
  says,
});
const create = (query: string, why: string): Row => ({
  what: `POST ${query}`,
  send: ["POST", `${maps}?${query}`, { body: { metadata: { name: "b" } } }],
  says: invalid("CreateOptions", why),
});
const remove = (body: object, says: Refusal): Row => ({
  what: `DELETE ${JSON.stringify(body)}`,
  send: ["DELETE", map, { body }],
  says,
});
const match = "resourceVersionMatch";
const number = (text: string) =>
  bad(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);

refuses([
  get("limit=x", number("x")),
  get("limit=", number("")),
  get("limit=1.5", number("1.5")),
  get(
    "limit=99999999999999999999",
    bad('strconv.ParseInt: parsing "99999999999999999999": value out of range'),
  ),
  get("watch=1&timeoutSeconds=x", number("x")),
  get("timeoutSeconds=x", number("x")),
  get(
    "resourceVersion=x",
    bad('resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'),
  ),
  get(
    "resourceVersion=-1",
    bad('resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax'),
  ),
  get(
    "watch=1&resourceVersion=x",
    bad('resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'),
  ),
  get(
    `${match}=Exact`,
    invalid(
      "ListOptions",
      `${match}: Forbidden: ${match} is forbidden unless resourceVersion is provided`,
    ),
  ),
  get(
    `${match}=Exact&resourceVersion=0`,
    invalid(
      "ListOptions",
      `${match}: Forbidden: ${match} "exact" is forbidden for resourceVersion "0"`,
    ),
  ),
  get(
    `${match}=Newest&resourceVersion=1`,
    invalid(
      "ListOptions",
      `${match}: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""`,
    ),
  ),
  get(
    `${match}=Exact&resourceVersion=1&continue=x`,
    invalid("ListOptions", `${match}: Forbidden: ${match} is forbidden when continue is provided`),
  ),
  get(
    "sendInitialEvents=true",
    invalid("ListOptions", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
  ),
  get(
    `watch=1&${match}=NotOlderThan`,
    invalid(
      "ListOptions",
      `${match}: Forbidden: ${match} is forbidden for watch unless sendInitialEvents is provided`,
    ),
  ),
  get(
    "watch=1&sendInitialEvents=true",
    invalid(
      "ListOptions",
      `${match}: Forbidden: sendInitialEvents requires setting ${match} to NotOlderThan`,
    ),
  ),
  create("dryRun=Some", 'dryRun: Unsupported value: ["Some"]: supported values: "All"'),
  create("dryRun=", 'dryRun: Unsupported value: [""]: supported values: "All"'),
  create(
    "fieldValidation=Maybe",
    'fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
  ),
  create(
    `fieldManager=${"m".repeat(129)}`,
    "fieldManager: Too long: may not be more than 128 bytes",
  ),
  create(
    "fieldManager=a%0Ab",
    String.raw`fieldManager: Invalid value: "a\nb": invalid character U+000A (at position 1)`,
  ),
  {
    what: "several at once, in an update",
    send: ["PUT", `${map}?dryRun=x&fieldValidation=y`, { body: { metadata: { name: "a" } } }],
    says: invalid(
      "UpdateOptions",
      '[dryRun: Unsupported value: ["x"]: supported values: "All", fieldValidation: Unsupported value: "y": supported values: "", "Ignore", "Strict", "Warn"]',
    ),
  },
  remove(
    { propagationPolicy: "Maybe" },
    invalid(
      "DeleteOptions",
      'propagationPolicy: Unsupported value: "Maybe": supported values: "Foreground", "Background", "Orphan", "nil"',
    ),
  ),
  remove(
    { propagationPolicy: "Orphan", orphanDependents: true },
    invalid(
      "DeleteOptions",
      'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ),
  ),
  remove(
    { dryRun: ["Some"] },
    invalid("DeleteOptions", 'dryRun: Unsupported value: ["Some"]: supported values: "All"'),
  ),
  remove(
    { gracePeriodSeconds: "x" },
    bad(
      "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
    ),
  ),
  {
    what: "DELETE ?gracePeriodSeconds=x",
    send: ["DELETE", `${map}?gracePeriodSeconds=x`],
    says: number("x"),
  },
  {
    what: "DELETE ?propagationPolicy=x",
    send: ["DELETE", `${map}?propagationPolicy=x`],
    says: invalid(
      "DeleteOptions",
      'propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
    ),
  },
  {
    what: "a table with half the objects",
    send: [
      "GET",
      `${maps}?includeObject=Half`,
      { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } },
    ],
    says: bad('unrecognized includeObject value: "Half"'),
  },
]);
