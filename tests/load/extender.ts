/**
 * A scheduler extender, over HTTPS. What it does with a pod stands in the pod's label `answer`:
 * `node extender.ts PORT CERTIFICATE KEY`
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";

interface Asked {
  readonly Pod: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
  readonly NodeNames: readonly string[];
}

const answers: Readonly<Record<string, (names: readonly string[]) => string>> = {
  agrees: (names) => JSON.stringify({ NodeNames: names }),
  refuses: (names) =>
    JSON.stringify({
      NodeNames: [],
      FailedNodes: Object.fromEntries(names.map((name) => [name, "node(s) were too loud"])),
    }),
  babbles: () => "<html>busy</html>",
};

const [port = "", certificate = "", key = ""] = process.argv.slice(2);
const identity = { cert: readFileSync(certificate), key: readFileSync(key) };
const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { Pod, NodeNames } = JSON.parse(await text(request)) as Asked;
  const answer = answers[Pod.metadata.labels["answer"] ?? ""];
  // Without one it hangs.
  if (answer) response.end(answer(NodeNames));
};
createServer(identity, (request, response) => void serve(request, response)).listen(
  Number(port),
  "127.0.0.1",
  () => console.log("listens"),
);
