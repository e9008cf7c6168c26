import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { resultOf } from "#cel/testing.ts";
import {
  authorizerType,
  authorizerValue,
  resourceCheckType,
  resourceCheckValue,
  type AuthorizationQuery,
} from "./authorizer.ts";

function table(area: string, cases: Readonly<Record<string, unknown>>): void {
  test(area, () => {
    for (const [text, expected] of Object.entries(cases)) deepEqual(resultOf(text), expected, text);
  });
}

table("strings", {
  "'tacocat'.charAt(3) + 'abc'.charAt(3)": "o",
  "'abc'.charAt(4)": "error: index out of range: 4",
  "'héllo'.indexOf('l') * 100 + 'hello'.lastIndexOf('l') * 10 + 'hello'.indexOf('l', 3)": 233,
  "'hello'.indexOf('z') + 'hello'.lastIndexOf('h', 2)": -1,
  "'hello hello'.lastIndexOf('hello', 5)": 0,
  "'😀a'.indexOf('a')": 1,
  "'TacoCÆt'.lowerAscii() + 'TacoCÆt'.upperAscii()": "tacocÆtTACOCÆT",
  "'hello hello'.replace('he', 'we')": "wello wello",
  "'hello hello'.replace('he', 'we', 1)": "wello hello",
  "'hello hello'.replace('he', 'we', 0)": "hello hello",
  "'ab'.replace('', '_')": "_a_b_",
  "'a,b,c'.split(',')": ["a", "b", "c"],
  "'a,b,c'.split(',', 2)": ["a", "b,c"],
  "'a,b,c'.split(',', 0)": [],
  "'abc'.split('')": ["a", "b", "c"],
  "'tacocat'.substring(4) + 'tacocat'.substring(0, 4)": "cattaco",
  "'tacocat'.substring(2, 1)": "error: invalid substring range. start: 2, end: 1",
  "'tacocat'.substring(8)": "error: index out of range: 8",
  "'  \\ttrim\\n '.trim()": "trim",
  "['x', 'y'].join() + ['x', 'y'].join('-')": "xyx-y",
  "strings.quote('a\"b\\n')": '"a\\"b\\n"',
  "'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc')": true,
});

table("format", {
  "'%s is %d%%'.format([dyn('x'), dyn(5)])": "x is 5%",
  "'%.2f %e'.format([3.14159, 1052.032911275])": "3.14 1.052033e+03",
  "'%x %X %o %b'.format([255, 255, 8, 5])": "ff FF 10 101",
  "'%x'.format(['Hi'])": "4869",
  "'%s'.format([[dyn(1), dyn('a'), dyn(null), dyn(true)]])": "[1, a, null, true]",
  "'%s'.format([{'b': 2, 'a': 1}])": "{a: 1, b: 2}",
  "'%s %s'.format([dyn(duration('90s')), dyn(timestamp(0))])": "90s 1970-01-01T00:00:00Z",
  "'%s'.format([type(1)])": "int",
  "'%s'.format([])": "error: index 0 out of range",
  "'%z'.format([1])":
    'error: could not parse formatting clause: unrecognized formatting clause "z"',
  "'%d'.format(['a'])":
    "error: error during formatting: decimal clause can only be used on integers, was given string",
});

table("lists", {
  "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [].isSorted()": true,
  "[1, 2].sum() + [0].sum()": 3,
  "[1.5, 2.0].sum()": 3.5,
  "[duration('1m'), duration('1s')].sum() == duration('61s')": true,
  "['a', 'c', 'b'].max() + ['b', 'a'].min()": "ca",
  "dyn([]).min()": "error: min called on empty list",
  "[1, 2, 3, 2].indexOf(2) * 10 + [1, 2, 3, 2].lastIndexOf(2)": 13,
  "[1, 2, 3, 4].slice(1, 3)": [2, 3],
  "[1].slice(0, 2)": "error: cannot slice(0, 2), list is length 1",
  "[[1], [2, 3]].flatten()": [1, 2, 3],
  "[dyn([[1]]), dyn(2)].flatten(2)": [1, 2],
  "[3, 1, 2].sort()": [1, 2, 3],
  "[{'n': 'b', 'v': '2'}, {'n': 'a', 'v': '1'}].sortBy(e, e.v).map(e, e.n)": ["a", "b"],
  "lists.range(3)": [0, 1, 2],
  "lists.range(-1)": "error: lists.range: size must be non-negative, got -1",
  "[1, 2, 3].reverse()": [3, 2, 1],
  "[1, 2, 1, 3, 2].distinct()": [1, 2, 3],
});

table("sets", {
  "sets.contains([1, 2, 3], [3, 1]) && !sets.contains([1], [1, 2])": true,
  "sets.equivalent([1, 2, 2], [2, 1]) && !sets.equivalent([1], [2])": true,
  "sets.intersects([1, 2], [2, 3]) && !sets.intersects([], [1])": true,
});

table("regular expressions", {
  "'abc 123'.find('[0-9]+') + 'abc'.find('[0-9]+')": "123",
  "'123 abc 456'.findAll('[0-9]+')": ["123", "456"],
  "'123 abc 456'.findAll('[0-9]+', 1)": ["123"],
  "'123'.findAll('[0-9]', 0)": [],
  "'abc'.matches('b') && matches('abc', '^a.c$') && !'abc'.matches('^b')": true,
  "['('].all(p, 'x'.matches(p))": "error: error parsing regexp: missing closing ): `(`",
});

table("urls", {
  "url('https://user:pw@Example.com:80/a%20b/c?k=1&k=2&q=x+y#f').getHost()": "Example.com:80",
  "url('https://[::1]:80/').getHostname() + url('https://[::1]:80/').getPort()": "::180",
  "url('HTTPS://a/b').getScheme()": "https",
  "url('https://a.b/p%20q/r s').getEscapedPath()": "/p%20q/r%20s",
  "url('https://a/?k=1&k=2&q=x+y').getQuery() == {'k': ['1', '2'], 'q': ['x y']}": true,
  "url('/path').getHost() + url('/path').getEscapedPath()": "/path",
  "isURL('https://a/b') && isURL('/a') && !isURL('a/b') && !isURL('') && !isURL('../a')": true,
  "url('a b')":
    'error: URL parse error during conversion from string: parse "a b": invalid URI for request',
});

table("quantities", {
  "quantity('1Gi').isGreaterThan(quantity('1G'))": true,
  "quantity('200M') == quantity('0.2G') && quantity('1') != quantity('2')": true,
  "quantity('50k').add(20).sub(quantity('100k')).asInteger()": -49_980,
  "quantity('1500m').isInteger() || quantity('50k').isInteger()": true,
  "quantity('1500m').asInteger()": "error: cannot convert value to integer",
  "quantity('1500m').asApproximateFloat()": 1.5,
  "quantity('-1').sign() + quantity('1').compareTo(quantity('2'))": -2,
  "isQuantity('1.3Gi') && !isQuantity('1.3GiB') && !isQuantity('Three')": true,
  "type(quantity('1')) == kubernetes.Quantity": true,
});

table("addresses", {
  "ip('2001:db8::1').family() * 10 + ip('192.168.0.1').family()": 64,
  "ip('127.0.0.1').isLoopback() && ip('::').isUnspecified() && ip('224.0.0.1').isLinkLocalMulticast()": true,
  "ip('169.254.1.1').isLinkLocalUnicast() && ip('8.8.8.8').isGlobalUnicast()": true,
  "ip('255.255.255.255').isGlobalUnicast()": false,
  "isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')": true,
  "ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD')": true,
  "string(ip('2001:DB8:0:0::1'))": "2001:db8::1",
  "ip('::ffff:1.2.3.4')": 'error: IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed',
  "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))": true,
  "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')": false,
  "cidr('10.0.0.0/8').containsCIDR('10.0.0.0/16')": true,
  "cidr('10.0.0.0/16').containsCIDR(cidr('10.0.0.0/8'))": false,
  "string(cidr('192.168.0.7/24').masked()) + string(cidr('192.168.0.7/24').ip())":
    "192.168.0.0/24192.168.0.7",
  "cidr('::1/128').prefixLength()": 128,
  "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0')": true,
  "cidr('10.0.0.1/8') == cidr('10.0.0.0/8')": false,
});

table("versions", {
  "semver('1.2.3-alpha.1').isLessThan(semver('1.2.3-alpha.beta'))": true,
  "semver('1.10.0').compareTo(semver('1.9.0')) + semver('1.0.0').compareTo(semver('1.0.0+b'))": 1,
  "semver('1.2.3').major() * 100 + semver('1.2.3').minor() * 10 + semver('1.2.3').patch()": 123,
  "isSemver('1.0.0') && !isSemver('v1.0') && isSemver('v1.0', true) && !isSemver('01.0.0')": true,
  "semver('v01.02', true) == semver('1.2.0')": true,
});

table("formats", {
  "format.dns1123Label().validate('my-label').hasValue()": false,
  "format.dns1123Subdomain().validate('A').value()[0].startsWith('a lowercase RFC 1123')": true,
  "format.named('uuid').value().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()": false,
  "format.named('nonsense').hasValue()": false,
  "format.dns1123LabelPrefix().validate('my-').hasValue()": false,
  "format.date().validate('2024-02-30').value()": ["invalid date"],
  "format.datetime().validate('2024-02-29T00:00:00Z').hasValue()": false,
  "format.byte().validate('aGk').value()": ["invalid base64"],
  "format.uri().validate('http://example.com').hasValue()": false,
  "format.labelValue().validate('-').hasValue()": true,
  "jsonpatch.escapeKey('a/b~c')": "a~1b~0c",
});

test("the authorizer gets what was asked, and its answer is told", () => {
  const asked: AuthorizationQuery[] = [];
  const authorize = (query: AuthorizationQuery) => {
    asked.push(query);
    return { allowed: query.verb === "get", reason: "because" };
  };
  const run = {
    types: { authorizer: authorizerType, check: resourceCheckType },
    values: {
      authorizer: authorizerValue(authorize),
      check: resourceCheckValue(authorize, { resource: "pods", name: "p" }),
    },
  };
  const text =
    "authorizer.serviceAccount('ns', 'sa').group('apps').resource('deployments').subresource('scale').namespace('ns').name('web').labelSelector('a=b').check('get')";
  equal(resultOf(`${text}.allowed() && ${text}.reason() == 'because'`, run), true);
  deepEqual(asked[0], {
    serviceAccount: { namespace: "ns", name: "sa" },
    group: "apps",
    resource: "deployments",
    subresource: "scale",
    namespace: "ns",
    name: "web",
    labelSelector: "a=b",
    verb: "get",
  });
  equal(resultOf("authorizer.path('/healthz').check('post').allowed()", run), false);
  equal(resultOf("check.check('get').errored()", run), false);
  const dotted = {
    types: { ...run.types, "authorizer.requestResource": resourceCheckType },
    values: { ...run.values, "authorizer.requestResource": run.values.check },
  };
  equal(resultOf("authorizer.requestResource.check('get').allowed()", dotted), true);
  equal(asked.at(-1)?.name, "p");
  equal(
    resultOf("authorizer.path(' ').check('get').allowed()", run),
    "error: path must not be empty",
  );
});
