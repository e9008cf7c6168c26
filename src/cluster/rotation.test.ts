import { deepEqual, equal, notEqual } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { hours } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { ManualClock } from "#base/testing.ts";
import { systemDisk as disk } from "#host/disk.ts";
import { serveHttp } from "#host/http-server.ts";
import { files, makeIdentities } from "./identities.ts";
import { followIdentity, liveTls } from "./live-identity.ts";
import { pki } from "./pki.ts";
import { rotateCertificates } from "./rotation.ts";
import { defaults, type Settings } from "./settings.ts";

const settings: Settings = {
  ...defaults,
  format: 1,
  nodeName: "n1",
  nodeAddress: "192.0.2.1",
  nodes: "real",
};
const day = hours(24);

async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "rotation-"));
  const clock = new ManualClock();
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });
  await makeIdentities(pki(folder, { disk, clock }), settings);
  const world = { clock, disk, log: silent };
  const serials = async (): Promise<Readonly<Record<string, string>>> => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".crt"));
    const read = async (name: string) =>
      [name, new X509Certificate(await readFile(join(folder, name))).serialNumber] as const;
    return Object.fromEntries(await Promise.all(names.map(read)));
  };
  return { folder, clock, world, signal: stop.signal, stop, serials };
}

/** One connection that is kept, and what the server at its other end showed. */
const ask = (agent: Agent, port: number): Promise<{ body: string; serial: string }> =>
  new Promise((resolve, reject) => {
    const call = request(
      { agent, port, host: "127.0.0.1", rejectUnauthorized: false },
      (answer) => {
        const { serialNumber } = (answer.socket as TLSSocket).getPeerCertificate();
        let body = "";
        answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
        answer.on("end", () => resolve({ body, serial: serialNumber }));
      },
    );
    call.on("error", reject);
    call.end();
  });

test("certificates are renewed 90 days before they end; servers show the new one, connections stay", async (t) => {
  const { folder, clock, world, signal, stop, serials } = await setUp(t);
  const before = await serials();
  const changes = Promise.withResolvers<void>();
  const changed = (): void => changes.resolve();
  const serving = await followIdentity(files.apiServer, { world, folder, signal, changed });
  const client = liveTls(await followIdentity(files.node, { world, folder, signal }), "CA");
  equal(client(), client());
  await using server = await serveHttp({
    address: "127.0.0.1",
    port: 0,
    tls: { identity: serving.current, clientCas: () => "" },
    handler: async () => ({ status: 200, headers: {}, body: Buffer.from("hello") }),
  });
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = await ask(kept, server.port);
  const running = rotateCertificates({ places: { pki: folder }, settings, world, signal });
  clock.advance(274 * day);
  deepEqual(await serials(), before);
  // The loop looks every twelve hours, and each look reads the disk.
  const seen = { change: false };
  void changes.promise.then(() => (seen.change = true));
  for (let i = 0; i < 400 && !seen.change; i++) {
    clock.advance(hours(12));
    await serials();
  }
  await changes.promise;
  server.reloadTls();
  const again = await ask(kept, server.port);
  deepEqual(again, first);
  const fresh = new Agent();
  const { serial, body } = await ask(fresh, server.port);
  equal(body, "hello");
  notEqual(serial, first.serial);
  kept.destroy();
  fresh.destroy();
  stop.abort();
  await running;
  const after = await serials();
  for (const [name, old] of Object.entries(before)) {
    const isAuthority = name === "ca.crt" || name === "front-proxy-ca.crt";
    equal(after[name] === old, isAuthority, name);
  }
  equal(clock.pending, 0);
});
