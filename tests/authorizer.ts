/** A webhook authorizer: it lets nobody delete what is called precious, and knows nothing else. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

interface Review {
  readonly apiVersion: string;
  readonly spec: {
    readonly resourceAttributes?: { readonly verb: string; readonly name: string };
  };
}

const [port = ""] = process.argv.slice(2);

const statusOf = ({ spec: { resourceAttributes } }: Review): object =>
  resourceAttributes?.verb === "delete" && resourceAttributes.name === "precious"
    ? { allowed: false, denied: true, reason: "it is precious" }
    : { allowed: false };

createServer((request, response) => void answer(request, response)).listen(
  Number(port),
  "127.0.0.1",
  () => console.log("listening"),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const review = (await json(request)) as Review;
  const { apiVersion } = review;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ kind: "SubjectAccessReview", apiVersion, status: statusOf(review) }),
  );
}
