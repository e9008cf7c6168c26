import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { parseAdmission } from "./configuration.ts";

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n";

const read = (plugins: string, files: Readonly<Record<string, string>> = {}) =>
  parseAdmission(head + plugins, async (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`there is no file ${path}`);
    return text;
  });

const imagePolicy = {
  kubeConfigFile: "kube.yaml",
  allowMs: 300_000,
  denyMs: 30_000,
  backoffMs: 500,
  defaultAllow: false,
};

test("a plugin is told in place, or in a file of its own", async () => {
  const own = "imagePolicy: {kubeConfigFile: kube.yaml}";
  deepEqual(await read(`- {name: ImagePolicyWebhook, configuration: {${own}}}`), { imagePolicy });
  const elsewhere = "- {name: ImagePolicyWebhook, path: policy.yaml}";
  deepEqual(await read(elsewhere, { "policy.yaml": own }), { imagePolicy });
  await rejects(read(elsewhere), { message: "there is no file policy.yaml" });
  await rejects(
    read(elsewhere, { "policy.yaml": "imagePolicy:\n  kubeConfigFil: x" }),
    /^Error: policy.yaml:1:1: imagePolicy.kubeConfigFile: Required value\npolicy.yaml:2:3: imagePolicy.kubeConfigFil: unknown field; did you mean "kubeConfigFile"\?$/,
  );
});

test("a plugin that is told nothing, or of which nothing is to be told, is a mistake", async () => {
  for (const [plugins, problem] of [
    ["- {name: EventRateLimit}", "plugins[0].configuration: required, or a path"],
    [
      "- {name: Nope}",
      'plugins[0].name: "Nope" has no configuration: only EventRateLimit, ImagePolicyWebhook',
    ],
  ] as const)
    await rejects(read(plugins), { message: `AdmissionConfiguration: ${problem}` });
});

test("how long answers of an image reviewer count has limits", async () => {
  const of = (times: string) =>
    read(
      `- {name: ImagePolicyWebhook, configuration: {imagePolicy: {kubeConfigFile: kube.yaml, ${times}}}}`,
    );
  deepEqual(await of("allowTTL: -1, denyTTL: 60, retryBackoff: 1, defaultAllow: true"), {
    imagePolicy: { ...imagePolicy, allowMs: 0, denyMs: 60_000, backoffMs: 1, defaultAllow: true },
  });
  const at = "AdmissionConfiguration: plugins[0].configuration.imagePolicy";
  await rejects(of("allowTTL: 1"), {
    message: `${at}.allowTTL: valid value is between 1s and 30m0s, got 1s`,
  });
  await rejects(of("denyTTL: 1801"), {
    message: `${at}.denyTTL: valid value is between 1s and 30m0s, got 30m1s`,
  });
  await rejects(of("retryBackoff: 300001"), {
    message: `${at}.retryBackoff: valid value is between 1ns and 5m0s, got 5m0.001s`,
  });
});
