import { bad, deployments, maps, pods, refuses, type Row } from "./testing.ts";

const labels = (selector: string, why: string | RegExp): Row => ({
  what: `labels: ${selector}`,
  send: ["GET", `${maps}?labelSelector=${encodeURIComponent(selector)}`],
  says: bad(why),
});
const fields = (target: string, selector: string, why: string): Row => ({
  what: `fields: ${selector}`,
  send: ["GET", `${target}?fieldSelector=${encodeURIComponent(selector)}`],
  says: bad(why),
});
const only = 'is not a known field selector: only "metadata.name", "metadata.namespace"';

refuses([
  labels("a in", "unable to parse requirement: found '' expected: '('"),
  labels("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
  labels("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
  labels("a=b c", "found 'c', expected: ',' or 'end of string'"),
  labels(",", "found ',', expected: !, identifier, or 'end of string'"),
  labels("a,", "found '', expected: identifier after ','"),
  labels("!", "unable to parse requirement: found '', expected: identifier"),
  labels(
    "a>x",
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  ),
  labels(
    "-a",
    /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/,
  ),
  labels(
    "a=-b",
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-b": a valid label must be/,
  ),
  fields(maps, "a", "invalid selector: 'a'; can't understand 'a'"),
  fields(maps, "data.x=1", `"data.x" ${only}`),
  fields(deployments, "spec.replicas=1", `"spec.replicas" ${only}`),
  fields(pods, "spec.foo=1", "field label not supported: spec.foo"),
  fields(maps, "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
  fields(
    maps,
    String.raw`metadata.name=a\b`,
    String.raw`invalid field selector: invalid escape sequence: \b`,
  ),
  {
    what: "in a watch",
    send: ["GET", `${maps}?watch=1&labelSelector=a%20b`],
    says: bad("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
  },
  {
    what: "in a deletion of many",
    send: ["DELETE", `${maps}?labelSelector=a%20b`],
    says: bad("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
  },
  {
    what: "in an object",
    send: [
      "POST",
      deployments,
      {
        body: {
          metadata: { name: "b" },
          spec: {
            selector: { matchExpressions: [{ key: "a", operator: "Like", values: ["b"] }] },
            template: {
              metadata: { labels: { a: "b" } },
              spec: { containers: [{ name: "c", image: "i" }] },
            },
          },
        },
      },
    ],
    says: [
      422,
      "Invalid",
      /^Deployment.apps "b" is invalid: .*spec.selector.matchExpressions\[0\].operator: Invalid value: "Like": not a valid selector operator/,
    ],
  },
]);
