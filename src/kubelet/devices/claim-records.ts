/**
 * Which claims are prepared on this node, and for which pods: kept in a file, so that a kubelet that
 * was restarted knows what it has to undo. A file that cannot be read is left as it is, and all that
 * needs it fails and says so until it is mended: begun anew it would lose what is to be given back.
 * upstream: pkg/kubelet/cm/dra/state
 * differs: upstream's kubelet does not start then; here pods without claims are not affected.
 */
import type { Disk } from "#base/disk.ts";
import { messageOf } from "#base/failure.ts";
import type { ClaimName } from "./device-driver.ts";
import type { PreparedDevice } from "./dra-proto.ts";

export interface ClaimRecord extends ClaimName {
  /** By driver: what it prepared. */
  readonly drivers: { readonly [driver: string]: readonly PreparedDevice[] };
  /** All drivers did. */
  readonly isPrepared: boolean;
  /** Uids of the pods that use it. */
  readonly pods: readonly string[];
}

interface Options {
  readonly disk: Pick<Disk, "read" | "write">;
  readonly path: string;
}

export class ClaimRecords {
  readonly #options: Options;
  readonly #byUid = new Map<string, ClaimRecord>();
  #loaded: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
  }

  async all(): Promise<readonly ClaimRecord[]> {
    await this.#load();
    return [...this.#byUid.values()];
  }

  async find(namespace: string, name: string): Promise<ClaimRecord | undefined> {
    return (await this.all()).find((one) => one.namespace === namespace && one.name === name);
  }

  /** Resolves when it is on disk. */
  async put(record: ClaimRecord): Promise<void> {
    await this.#load();
    this.#byUid.set(record.uid, record);
    await this.#save();
  }

  async remove(uid: string): Promise<void> {
    await this.#load();
    if (this.#byUid.delete(uid)) await this.#save();
  }

  /** What failed is tried again with the next question: somebody may have mended the file. */
  #load(): Promise<void> {
    return (this.#loaded ??= this.#read().catch((cause: unknown) => {
      this.#loaded = undefined;
      throw cause;
    }));
  }

  async #read(): Promise<void> {
    const { disk, path } = this.#options;
    const bytes = await disk.read(path);
    if (!bytes) return;
    for (const record of claimsIn(path, new TextDecoder().decode(bytes)))
      this.#byUid.set(record.uid, record);
  }

  /** One after the other: a later state is never overtaken by an earlier one. */
  #save(): Promise<void> {
    const { disk, path } = this.#options;
    const write = async (): Promise<void> => {
      const claims = [...this.#byUid.values()];
      await disk.write(path, `${JSON.stringify({ claims })}\n`, 0o600);
    };
    const saved = this.#writing.then(write);
    this.#writing = saved.catch(() => undefined);
    return saved;
  }
}

function claimsIn(path: string, text: string): readonly ClaimRecord[] {
  const broken = (why: string, cause?: unknown): Error =>
    new Error(
      `the record of prepared claims ${path} cannot be read: ${why}; mend it, or drain the node and remove it`,
      { cause },
    );
  let found: { readonly claims?: unknown } | null;
  try {
    found = JSON.parse(text) as typeof found;
  } catch (cause) {
    throw broken(messageOf(cause), cause);
  }
  if (!Array.isArray(found?.claims)) throw broken("it has no list of claims");
  const at = found.claims.findIndex((claim) => !isRecord(claim));
  if (at >= 0) throw broken(`claims[${at}] is none`);
  return found.claims as readonly ClaimRecord[];
}

function isRecord(value: unknown): value is ClaimRecord {
  if (typeof value !== "object" || value === null) return false;
  const { namespace, name, uid, drivers, pods } = value as Partial<
    Record<keyof ClaimRecord, unknown>
  >;
  const isNamed = [namespace, name, uid].every((part) => typeof part === "string");
  return isNamed && typeof drivers === "object" && drivers !== null && Array.isArray(pods);
}
