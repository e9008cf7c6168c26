/** What conformance asks of `fieldValidation`: unknown and repeated fields, of built-in and custom kinds. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { crontabs, define, definition, startCustomServer, version } from "../extension/testing.ts";
import type { Loose, TestServer } from "../testing.ts";

const deployments = "/apis/apps/v1/namespaces/default/deployments";
const apply = "application/apply-patch+yaml";

const closed = version({ type: "object", properties: { cronSpec: { type: "string" } } });
const open = version(
  {},
  {
    schema: {
      openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  },
);
const embedding = version({
  type: "object",
  properties: {
    template: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
    },
  },
});

const customText = (rest: string, metadata = ""): string =>
  `{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"mine"${metadata}},${rest}}`;

interface Ways {
  readonly strict: string | undefined;
  readonly warnings: readonly string[];
}

/** What a write of it is told when it is strict, and what when it only wants to be warned. */
async function told(server: TestServer, at: string, body: string): Promise<Ways> {
  const how = (mode: string) => `${at}?dryRun=All&fieldValidation=${mode}`;
  const strict = await server.send("POST", how("Strict"), { body });
  const warned = await server.send("POST", how("Warn"), { body });
  equal((await server.send("POST", how("Ignore"), { body })).status, 201);
  const text = strict.status === 201 ? undefined : String(statusOf(strict.body).message);
  return { strict: text, warnings: warningsOf(warned.headers?.["warning"]) };
}

const warningsOf = (header = ""): readonly string[] =>
  header
    .split(/,? ?299 - /)
    .slice(1)
    .map((text) => text.slice(1, -1).replaceAll("\\", ""));

const statusOf = (body: Loose): Loose =>
  body.is === "object" ? JSON.parse(Buffer.from(body.sealed.json()).toString()) : body;

async function applied(server: TestServer, body: string): Promise<number> {
  const target = `${crontabs}/mine?dryRun=All&fieldManager=m&fieldValidation=Strict`;
  return (await server.send("PATCH", target, { body, type: apply })).status;
}

test("who fits the schema passes, who has more is refused, warned or pruned", async () => {
  await using server = await startCustomServer();
  await define(server, definition([closed]));
  const fits = customText('"spec":{"cronSpec":"* * * * *"}');
  deepEqual(await told(server, crontabs, fits), { strict: undefined, warnings: [] });
  equal(await applied(server, fits), 201);
  const more = customText('"spec":{"cronSpec":"x","extra":1},"other":2');
  const { strict, warnings } = await told(server, crontabs, more);
  match(strict ?? "", /strict decoding error: .*unknown field "spec.extra"/);
  match(strict ?? "", /unknown field "other"/);
  deepEqual([...warnings].sort(), ['unknown field "other"', 'unknown field "spec.extra"']);
  equal(await applied(server, more), 400);
});

test("a schema that keeps what it does not know has nothing to say, but of what comes twice", async () => {
  await using server = await startCustomServer();
  await define(server, definition([open]));
  const fits = customText('"spec":{"anything":{"goes":1}}');
  deepEqual(await told(server, crontabs, fits), { strict: undefined, warnings: [] });
  equal(await applied(server, fits), 201);
  const twice = customText('"spec":{"a":1,"a":2}');
  const { strict, warnings } = await told(server, crontabs, twice);
  match(strict ?? "", /strict decoding error: duplicate field "spec.a"/);
  deepEqual(warnings, ['duplicate field "spec.a"']);
  equal(await applied(server, twice), 400);
});

test("metadata has no other fields, at the root and in what is embedded", async () => {
  await using server = await startCustomServer();
  await define(server, definition([embedding]));
  const embedded =
    '"spec":{"template":{"apiVersion":"v1","kind":"X","metadata":{"name":"t","odd":1}}}';
  const { strict, warnings } = await told(server, crontabs, customText(embedded, ',"strange":1'));
  match(strict ?? "", /unknown field "metadata.strange"/);
  match(strict ?? "", /unknown field "spec.template.metadata.odd"/);
  deepEqual([...warnings].sort(), [
    'unknown field "metadata.strange"',
    'unknown field "spec.template.metadata.odd"',
  ]);
});

test("of a built-in kind: unknown, repeated, and in the metadata", async () => {
  await using server = await startCustomServer();
  const labels = '"matchLabels":{"app":"a"}';
  const template =
    '"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"x"}]}}';
  const text = (spec: string, metadata = ""): string =>
    `{"metadata":{"name":"d"${metadata}},"spec":{"selector":{${labels}},${template}${spec}}}`;
  deepEqual(await told(server, deployments, text("")), { strict: undefined, warnings: [] });
  const odd = text(',"replicas":1,"replicas":2,"foo":1', ',"bar":1');
  const { strict, warnings } = await told(server, deployments, odd);
  const expected = [
    'duplicate field "spec.replicas"',
    'unknown field "metadata.bar"',
    'unknown field "spec.foo"',
  ];
  for (const each of expected) match(strict ?? "", new RegExp(each));
  deepEqual([...warnings].sort(), expected);
});
