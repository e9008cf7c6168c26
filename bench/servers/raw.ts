/** The yardstick: Node's own HTTPS server, doing nothing but answering 1 KiB. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { testAuthority } from "#host/testing.ts";
import { serving } from "./serving.ts";

const ca = await testAuthority("bench");
const { key, certificate } = await ca.issue("CN=raw", ["127.0.0.1"]);
const body = Buffer.alloc(1_024, "x");

const server = createServer({ key, cert: certificate }, (_, response) => {
  response.writeHead(200, { "content-type": "text/plain", "content-length": body.length });
  response.end(body);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
serving({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` });
