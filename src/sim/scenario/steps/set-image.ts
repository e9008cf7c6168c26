/** A new version: the Deployment rolls over to it. */
import { Deployment } from "#api/apps/deployment.ts";
import { map, optional, required, text } from "#sim/reading/reader.ts";
import { defineStep } from "../definition.ts";

const reads = map("a new image", {
  deployment: required(text),
  namespace: optional(text),
  container: optional(text),
  image: required(text),
});

export const setImage = defineStep({
  name: "setImage",
  reads,
  async run({ deployment: name, namespace = "default", container, image }, { cluster }) {
    const { client } = cluster;
    const { spec } = await client.get(Deployment, { namespace, name });
    const [first] = spec.template.spec.containers;
    const containers = [{ name: container ?? first?.name ?? "", image }];
    const change = { spec: { template: { spec: { containers } } } };
    await client.patch(Deployment, { namespace, name }, { is: "strategic", change });
    return `Deployment ${name} to ${image}`;
  },
});
