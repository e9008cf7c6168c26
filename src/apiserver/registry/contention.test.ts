import { deepEqual } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLmdb } from "#store/backends/lmdb.ts";
import { startSecureServer } from "../subresources/testing.ts";

test("a hundred writers at once get exactly what a quota of fifty has", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-quota-"));
  await using store = await openLmdb({ path: join(folder, "store") });
  t.after(() => rm(folder, { recursive: true }));
  const { send, ask } = await startSecureServer({ store });
  await ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "blue" } } });
  await ask("POST", "/api/v1/namespaces/blue/resourcequotas", {
    body: { metadata: { name: "q" }, spec: { hard: { "count/configmaps": "50" } } },
  });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      send("POST", "/api/v1/namespaces/blue/configmaps", {
        body: { metadata: { name: `c${at}` } },
      }),
    ),
  );
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  deepEqual(counts, { 201: 50, 403: 50 });
});
