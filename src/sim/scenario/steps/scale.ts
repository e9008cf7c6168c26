import { Deployment } from "#api/apps/deployment.ts";
import { integer, map, optional, required, text } from "#sim/reading/reader.ts";
import { defineStep } from "../definition.ts";

const reads = map("what to scale", {
  deployment: required(text),
  namespace: optional(text),
  replicas: required(integer(0)),
});

export const scale = defineStep({
  name: "scale",
  reads,
  async run({ deployment: name, namespace = "default", replicas }, { cluster }) {
    const change = { spec: { replicas } };
    await cluster.client.patch(Deployment, { namespace, name }, { is: "merge", change });
    return `Deployment ${name} to ${replicas}`;
  },
});
