/** A node loses power, and comes back after a while. */
import { map, optional, required, text } from "#sim/reading/reader.ts";
import { span } from "#sim/reading/values.ts";
import { drawSpan } from "#sim/nodes/span.ts";
import { defineStep, pickNode } from "../definition.ts";

const reads = map("a node's failure", { node: optional(text), for: required(span) });

export const failNode = defineStep({
  name: "failNode",
  reads,
  nodeIn: ({ node }) => node,
  async run({ node: name, for: downFor }, stage) {
    const node = pickNode(stage, name);
    if (!node) return name === undefined ? "no node is on" : `there is no node ${name}`;
    await node.stop();
    stage.later(drawSpan(downFor, stage.random), async () => node.start());
    return node.name;
  },
});
