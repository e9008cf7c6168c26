/**
 * Which claims are prepared on this node, and for which pods: kept in a file, so that a kubelet that
 * was restarted knows what it has to undo.
 * upstream: pkg/kubelet/cm/dra/state
 */
import type { Disk } from "#base/disk.ts";
import type { Log } from "#base/log.ts";
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
  readonly log: Log;
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

  #load(): Promise<void> {
    return (this.#loaded ??= this.#read());
  }

  async #read(): Promise<void> {
    const { disk, path, log } = this.#options;
    const bytes = await disk.read(path);
    if (!bytes) return;
    try {
      const { claims } = JSON.parse(new TextDecoder().decode(bytes)) as { claims: ClaimRecord[] };
      for (const record of claims) this.#byUid.set(record.uid, record);
    } catch (cause) {
      log.error("the record of prepared claims cannot be read", { path, cause });
    }
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
