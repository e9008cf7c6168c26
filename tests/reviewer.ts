/**
 * Whom an API server asks: it lets nobody delete what is called precious, and no image be used that is called cursed;
 * it knows nothing else.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: {
    readonly resourceAttributes?: { readonly verb: string; readonly name: string };
    readonly containers?: readonly { readonly image: string }[];
  };
}

const [port = ""] = process.argv.slice(2);

const access = ({ spec: { resourceAttributes } }: Review): object =>
  resourceAttributes?.verb === "delete" && resourceAttributes.name === "precious"
    ? { allowed: false, denied: true, reason: "it is precious" }
    : { allowed: false };

const images = ({ spec: { containers = [] } }: Review): object =>
  containers.some(({ image }) => image.includes("cursed"))
    ? { allowed: false, reason: "there is a curse on it" }
    : { allowed: true };

createServer((request, response) => void answer(request, response)).listen(
  Number(port),
  "127.0.0.1",
  () => console.log("listening"),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const review = (await json(request)) as Review;
  const { kind, apiVersion } = review;
  const status = kind === "ImageReview" ? images(review) : access(review);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ kind, apiVersion, status }));
}
