import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { TestServer } from "../testing.ts";
import { crontab, crontabs, define, definition, startCustomServer, version } from "./testing.ts";

const properties = {
  replicas: { type: "integer" },
  maxReplicas: { type: "integer" },
  name: { type: "string" },
  hosts: { type: "array", maxItems: 10, items: { type: "string", maxLength: 50 } },
  "a-b": { type: "integer" },
};

/** A server with crontabs whose spec has these rules. */
async function withRules(...rules: readonly object[]): Promise<TestServer> {
  const server = await startCustomServer();
  const spec = { type: "object", properties, "x-kubernetes-validations": rules };
  await define(server, definition([version(spec)]));
  return server;
}

const refusal = async (server: TestServer, spec: object): Promise<string> =>
  (await server.refused("POST", crontabs, { body: crontab(spec) })).message ?? "";

test("an object that breaks a rule is refused, and told which", async () => {
  await using server = await withRules(
    { rule: "self.replicas <= self.maxReplicas" },
    { rule: "self.hosts.all(h, h.endsWith('.example.com'))", message: "hosts must be ours" },
    { rule: "!has(self.a__dash__b) || self.a__dash__b > 0" },
  );
  const good = { replicas: 1, maxReplicas: 2, hosts: ["a.example.com"], "a-b": 1 };
  await server.ask("POST", crontabs, { body: crontab(good, "good") });
  match(
    await refusal(server, { ...good, replicas: 3 }),
    /spec: Invalid value: "object": failed rule: self\.replicas <= self\.maxReplicas$/,
  );
  match(
    await refusal(server, { ...good, hosts: ["elsewhere"] }),
    /spec: Invalid value: "object": hosts must be ours$/,
  );
  match(await refusal(server, { ...good, "a-b": 0 }), /failed rule: !has\(self\.a__dash__b\)/);
});

test("a rule says where and why, in its own words", async () => {
  await using server = await withRules({
    rule: "self.replicas > 0",
    messageExpression: "'there are ' + string(self.replicas)",
    reason: "FieldValueForbidden",
    fieldPath: ".replicas",
  });
  match(await refusal(server, { replicas: -1 }), /spec\.replicas: Forbidden: there are -1$/);
});

test("what a rule cannot evaluate is refused", async () => {
  await using server = await withRules({ rule: "self.replicas > 0" });
  match(
    await refusal(server, { name: "x" }),
    /no such key: replicas evaluating rule: self\.replicas > 0$/,
  );
});

test("all rules of an object together may only cost so much, and each of them", async () => {
  const many = "[0,1,2,3,4,5,6,7,8,9]";
  const all = (depth: number): string =>
    depth === 0 ? "true" : `${many}.all(x${depth}, ${all(depth - 1)})`;
  await using server = await withRules(...Array.from({ length: 30 }, () => ({ rule: all(5) })));
  match(
    await refusal(server, { replicas: 1 }),
    /spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run$/,
  );
  await using other = await withRules({ rule: all(6) }, { rule: "false" });
  match(
    await refusal(other, { replicas: 1 }),
    /spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: \[0,1,[^;]*$/,
  );
});

test("a transition rule judges changes only", async () => {
  await using server = await withRules({ rule: "self.name == oldSelf.name", message: "immutable" });
  await server.ask("POST", crontabs, { body: crontab({ name: "a", replicas: 1 }) });
  const patch = (spec: object) => ({
    body: { spec },
    headers: { "content-type": "application/merge-patch+json" },
  });
  await server.ask("PATCH", `${crontabs}/mine`, patch({ replicas: 2 }));
  const { code, message } = await server.refused("PATCH", `${crontabs}/mine`, patch({ name: "b" }));
  equal(code, 422);
  match(message ?? "", /spec: Invalid value: "object": immutable$/);
});

test("an optional old self is none for what is new", async () => {
  await using server = await withRules({
    rule: "oldSelf.hasValue() || self.replicas == 1",
    optionalOldSelf: true,
  });
  match(await refusal(server, { replicas: 2 }), /failed rule/);
  await server.ask("POST", crontabs, { body: crontab({ replicas: 1 }) });
});
