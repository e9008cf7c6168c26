import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { authorizerType, authorizerValue } from "#cel/functions/authorizer.ts";
import { outcomeOf, programOf, type Run } from "#cel/testing.ts";
import {
  boolType,
  bounded,
  dynType,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
} from "#cel/types.ts";

type Costs = readonly [least: number, most: number, actual: number];

function costsOf(text: string, run: Run): Costs {
  const { min, max } = programOf(text, run).estimatedCost;
  const { cost, error } = outcomeOf(text, run);
  equal(error, undefined, text);
  return [min, max, cost];
}

function table(area: string, cases: Readonly<Record<string, number | Costs>>, run: Run = {}): void {
  test(area, () => {
    for (const [text, expected] of Object.entries(cases)) {
      const costs =
        typeof expected === "number" ? ([expected, expected, expected] as const) : expected;
      deepEqual(costsOf(text, run), costs, text);
    }
  });
}

const text500 = "x".repeat(500);
const values = {
  s: text500,
  short: "idc",
  t: text500,
  yes: true,
  no: false,
  n: 1,
  list: ["v"],
  none: [],
  one: [{}],
  map: { key: { n: 1 } },
};
const dynamic: Run = {
  values,
  types: {
    s: bounded(stringType, 500),
    short: bounded(stringType, 3),
    t: bounded(stringType, 500),
    yes: boolType,
    no: boolType,
    n: intType,
    list: bounded(listType(stringType), 1),
    none: bounded(listType(dynType), 0),
    one: bounded(listType(dynType), 1),
    map: bounded(mapType(stringType, mapType(stringType, intType)), 1),
  },
};

/** Only what running costs, as upstream's own tests have it. */
function actualTable(area: string, cases: Readonly<Record<string, number>>): void {
  test(area, () => {
    for (const [text, expected] of Object.entries(cases))
      equal(outcomeOf(text, dynamic).cost, expected, text);
  });
}

actualTable("running costs what it costs upstream", {
  "list[0]": 2,
  "map['ke' + 'y'].n": 4,
  "list[3 - 3]": 3,
  "has(map.key.n)": 2,
  "[1, 2, 3]": 10,
  "{'a': 1, 'b': 2, 'c': 3}": 30,
  "none.all(x, true)": 2,
  "[1, 2, 3].all(x, true)": 20,
  "s.matches('[0-9]')": 103,
  "'123'.matches('[0-9]')": 2,
  "false || true": 0,
  "no || no || no || no": 4,
  "yes && yes && yes && yes": 4,
  "1 == 2": 1,
  "2 in [1, 2, 3]": 13,
  "true ? 1 : 2": 0,
  "size('123')": 1,
  "'12345678901234567890' == '123456789012345678901234567890'": 2,
  "string(bytes(s))": 101,
  "string(1)": 1,
  "s.contains(t)": 2_502,
  "short.startsWith(s)": 3,
  "short.size()": 2,
  "(n > 2 ? one : one).all(y, true)": 6,
  "false ? false : 1 > 3": 1,
  "map.all(k, map[k].n > 3)": 9,
  "(none + none).all(x, true)": 4,
  "'abcdefg'.contains('val1' + 'val2222222')": 4,
  "(1 > 2 ? 5 : 3) > 1": 2,
  "(1 > 2 || 2 > 1) == true": 3,
  "[{'k1': 1}, {'k2': 2}].all(x, true)": 77,
});

table("comprehensions over two variables", {
  "{'a': 1, 'b': 2}.all(k, v, v > 0)": [37, 41, 41],
  "{'a': 1, 'b': 2}.exists(k, v, v > 0)": [39, 43, 40],
  "{'a': 1, 'b': 2}.existsOne(k, v, v > 0)": [38, 40, 40],
  "{'a': 1, 'b': 2}.transformMap(k, v, v + 1)": 71,
  "{'a': 1, 'b': 2}.transformMap(k, v, v < 5, v + 1)": [67, 75, 75],
  "{'a': 1, 'b': 2}.transformMapEntry(k, v, {k: v + 1})": 131,
  "{'a': 1, 'b': 2}.transformMapEntry(k, v, v < 5, {k: v + 1})": [67, 135, 135],
  "[1, 2].all(i, v, v > 0)": [17, 21, 21],
  "[1, 2].exists(i, v, v > 0)": [19, 23, 20],
  "[1, 2].existsOne(i, v, v > 0)": [18, 20, 20],
  "[1, 2].transformList(i, v, v + 1)": 49,
  "[1, 2].transformList(i, v, v < 5, v + 1)": [27, 53, 53],
});

table("lists", {
  "[1, 2, 3, 4, 5].sum()": 15,
  "[uint(1), uint(2), uint(3), uint(4), uint(5)].max()": 20,
  "[1, 2, 3, 4, 5].indexOf(3)": 15,
  "'01234567890123456789012345678901234567890123456789'.indexOf('123')": 5,
  "sets.contains([1, 2, 3, 4], [2, 3])": 29,
  "sets.equivalent([1], [1, 1])": 25,
  "!sets.intersects([1], [])": 22,
  "[3, 1, 2].sort()": 39,
  "[1, 2, 3].reverse()": 24,
});

table("strings", {
  "'ABCDEFGHIJ abcdefghij'.lowerAscii()": 3,
  "'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()": [7, 9, 9],
  "strings.quote('ABCDEFGHIJ abcdefghij')": 3,
  "strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')": [7, 11, 9],
  "'abc 123 def 123'.replace('123', '456')": 3,
  "'abc 123 def 123'.split(' ')": 3,
  "'abc 123 def 123'.substring(5)": 2,
  "'  abc 123 def 123  '.trim()": 2,
  "'abc 123 def 123'.find('123')": 2,
  "'abc 123 def 123'.findAll('123', 1)": 2,
  "jsonpatch.escapeKey('abc/def~ abc/def~')": 2,
});

table("Kubernetes' own types", {
  "url('https:://kubernetes.io/').getScheme()": 4,
  "url('https:://kubernetes.io/') == url('https:://kubernetes.io/')": [7, 9, 7],
  "ip('192.168.0.1').family()": 3,
  "ip('2001:db8:3333:4444:5555:6666:7777:8888') == ip('192.168.0.1')": 7,
  "ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')": 8,
  "cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))": [7, 11, 7],
  "cidr('192.168.0.0/16').containsCIDR('192.0.0.0/30')": [7, 11, 7],
  "cidr('192.168.0.0/16').containsIP('192.169.0.1')": [5, 8, 5],
  "cidr('2001:db8::/32').containsIP(ip('2001:db8:3333:4444:5555:6666:7777:8888'))": [7, 10, 7],
  "quantity('50k').add(20).sub(quantity('100k')).sub(-50000).asInteger() > 0": 7,
  "quantity('200M') == quantity('0.2G') && quantity('0.2G') == quantity('200M')": [3, 6, 6],
  "format.named('dns1123Subdomain').value().validate('my-name')": [34, 34, 17],
  "format.named('dns1123Label').value() == format.named('dns1123Label').value()": [5, 11, 5],
  "semver('1234.56789012345.67890123456789')": 4,
  "semver('1.0.0').compareTo(semver('1.2.3'))": 3,
});

const selector = "spec.nodeName=example-node-name.fully.qualified.domain.name.example.com";
table(
  "authorization",
  {
    "authorizer.path('/healthz').check('get').allowed()": 350_003,
    [`authorizer.group('').resource('pods').fieldSelector('${selector}')`]: 1_821,
    "authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend').check('create').allowed()": 350_007,
  },
  {
    types: { authorizer: authorizerType },
    values: { authorizer: authorizerValue(() => ({ allowed: true, reason: "" })) },
  },
);

test("estimates come from declared sizes", () => {
  const items = bounded(listType(bounded(stringType, 20)), 10);
  const self = objectType(
    "Self",
    new Map([
      ["items", { type: items }],
      ["free", { type: listType(stringType) }],
    ]),
  );
  const most = (text: string): number => programOf(text, { types: { self } }).estimatedCost.max;
  equal(most("self.items.all(i, i.startsWith('abc'))"), 3 + 10 * 5);
  equal(most("self.items.all(i, self.items.all(j, i != j))"), 3 + 10 * (3 + 3 + 10 * (3 + 4)));
  equal(most("self.free.all(i, true)") > 1e18, true);
});

test("an evaluation ends at its limit, and nothing swallows that", () => {
  const program = programOf("[1, 2, 3].all(x, [1, 2, 3].all(y, x + y > 0)) || true");
  deepEqual(program.evaluate({}, { costLimit: 30 }).error, {
    reason: "cost",
    message: "operation cancelled: actual cost limit exceeded",
  });
  equal(program.evaluate({}).error, undefined);
  const endless =
    "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, true)))";
  equal(outcomeOf(endless).error?.reason, "cost");
});

test("what would cost too much is not even begun", () => {
  const list = Array.from({ length: 300_000 }, (_, i) => i);
  const text = "a".repeat(1_000_000);
  const run = { values: { list, text }, types: { list: listType(intType), text: stringType } };
  for (const dear of [
    "list.distinct()",
    "lists.range(5000).map(i, list + list).size() > 0",
    "text.replace('', text).size() > 0",
    "lists.range(3000).map(i, '%s'.format([text])).size() > 0",
    "lists.range(3000).map(i, text).join().size() > 0",
    "list.sort()",
    "sets.contains(list, list)",
    "lists.range(9999999)",
    "text.matches('(a+)+(b|c|d|e|f|g)+x(b|c|d|e|f|g)+(b|c|d|e|f|g)+x')",
  ])
    equal(outcomeOf(dear, run).error?.reason, "cost", dear);
});
