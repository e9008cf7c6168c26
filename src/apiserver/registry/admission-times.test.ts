import { equal } from "node:assert/strict";
import { test } from "node:test";
import { configMap, configMaps, startPolicies } from "../admission/policies/testing.ts";

test("the time of admission is measured, of each step and of each plugin", async () => {
  const { bind, ask, refused, server } = await startPolicies();
  await ask("POST", configMaps, configMap("a"));
  const validations = [{ expression: "false" }];
  await bind("validating", "no", { spec: { validations } });
  await refused("POST", configMaps, configMap("b"));
  const text = await server.metrics.text();
  const countOf = (metric: string, labels: string): string | undefined =>
    text
      .split("\n")
      .find((line) => line.startsWith(`apiserver_admission_${metric}_count{${labels}}`))
      ?.split(" ")[1];
  const step = (labels: string) => countOf("step_admission_duration_seconds", labels);
  equal(step('operation="CREATE",rejected="true",type="validate"'), "1");
  equal(Number(step('operation="CREATE",rejected="false",type="admit"')) > 2, true);
  const plugin = (labels: string) => countOf("controller_admission_duration_seconds", labels);
  const refusing = 'name="ValidatingAdmissionPolicy",operation="CREATE"';
  equal(plugin(`${refusing},rejected="true",type="validate"`), "1");
  const seen = Number(plugin(`${refusing},rejected="false",type="validate"`));
  equal(seen > 2, true);
});
