/** A simulated cluster for clients outside of its process: kubectl, programs in Go or Python. */
import type { ApiHandler } from "#api/request.ts";
import { createHttpHandler } from "#apiserver/http.ts";
import type { Authority } from "#controllers/certificates/signer.ts";
import type { Gateway } from "./gateway.ts";
import type { OutsideWorld, Served } from "./outside-world.ts";
import { admin } from "./users.ts";

export interface ServeOptions {
  /** A free one when absent. */
  readonly port?: number;
}

const component = "client";
const tokenBytes = 24;

/** Whoever shows the token is the administrator; everyone else is whom he shows to be. */
export function serve(
  { random, serve: listen }: OutsideWorld,
  gateway: Gateway,
  { port, authority }: ServeOptions & { readonly authority?: Authority },
): Promise<Served> {
  const token = Buffer.from(random.bytes(tokenBytes)).toString("hex");
  const [asAdmin, asPeer] = [gateway.handlerFor(component, admin), gateway.handlerFor(component)];
  const handle: ApiHandler = (request) =>
    request.headers["authorization"] === `Bearer ${token}` ? asAdmin(request) : asPeer(request);
  return listen({ handler: createHttpHandler(handle), token, port, authority });
}
