/**
 * Renews every certificate of the cluster while it runs, long before it ends. Whoever uses one follows
 * its file (`live-identity.ts`). The library that makes them is loaded only when one is due.
 */
import { X509Certificate } from "node:crypto";
import { hours, sleep } from "#base/clock.ts";
import { makeIdentities } from "./identities.ts";
import { renewBeforeMs } from "./lifetimes.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { World } from "./world.ts";

export interface Rotation {
  readonly places: Pick<Places, "pki">;
  readonly settings: Settings;
  readonly world: Pick<World, "clock" | "disk" | "log">;
  readonly signal: AbortSignal;
  /** For those who have a copy and cannot follow the files. */
  readonly renewed?: () => Promise<void>;
}

const lookEveryMs = hours(12);

export async function rotateCertificates(rotation: Rotation): Promise<void> {
  const { world, signal } = rotation;
  while (!signal.aborted) {
    try {
      if (await isOneDue(rotation)) await renew(rotation);
    } catch (cause) {
      world.log.error("certificates could not be renewed: tried again later", { cause });
    }
    await sleep(world.clock, lookEveryMs, signal);
  }
}

async function renew({ places, settings, world, renewed }: Rotation): Promise<void> {
  const { pki } = await import("./pki.ts");
  await makeIdentities(pki(places.pki, world), settings);
  await renewed?.();
  world.log.info("certificates are renewed");
}

async function isOneDue({ places, world }: Rotation): Promise<boolean> {
  const names = (await world.disk.list(places.pki)) ?? [];
  for (const name of names.filter((file) => file.endsWith(".crt"))) {
    const certificate = new X509Certificate((await world.disk.read(`${places.pki}/${name}`)) ?? "");
    const leftMs = certificate.validToDate.getTime() - world.clock.now();
    // differs: the authorities, which live for ten years, are not replaced.
    if (!certificate.ca && leftMs < renewBeforeMs) return true;
  }
  return false;
}
