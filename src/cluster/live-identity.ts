/** A certificate that may be replaced on disk while the process runs. */
import type { HttpCallTls, TlsIdentity } from "#base/http.ts";
import { followFile } from "./follow-file.ts";
import { loadIdentity } from "./identities.ts";
import type { World } from "./world.ts";

export interface LiveIdentity {
  /** The newest one that could be read; the same object until it changes. */
  readonly current: () => TlsIdentity;
}

export interface Following {
  readonly world: Pick<World, "disk" | "log">;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Another one has come. */
  readonly changed?: () => void;
}

/** Follows `file.crt`, which is written after `file.key`, until `signal` aborts. */
export async function followIdentity(
  file: string,
  { world, folder, signal, changed }: Following,
): Promise<LiveIdentity> {
  const { disk, log } = world;
  let identity = await loadIdentity(disk, folder, file);
  const reread = async (): Promise<void> => {
    const found = await loadIdentity(disk, folder, file);
    if (found.certificate === identity.certificate) return;
    identity = found;
    log.info("a new certificate is in use", { file });
    changed?.();
  };
  const complain = (cause: unknown): void =>
    log.error("a new certificate cannot be read: the old one stays", { file, cause });
  followFile({ path: `${folder}/${file}.crt`, disk, signal, reread, complain });
  return { current: () => identity };
}

/** What calls are made with: the same object until the certificate changes, so that pools are kept. */
export function liveTls(live: LiveIdentity, ca: string): () => HttpCallTls {
  let tls = { ca, identity: live.current() };
  return () => {
    if (tls.identity !== live.current()) tls = { ca, identity: live.current() };
    return tls;
  };
}
