/**
 * A store that keeps what it is given encrypted in another one. Everybody above it sees plain
 * bytes, everybody below it sees none. upstream: apiserver/pkg/storage/value/transformer.go
 */
import { HeldEntry } from "#store/entry.ts";
import type { Change, Commit, Entry, Page, Store, Write } from "#store/store.ts";
import type { Envelope } from "./configuration.ts";
import type { FindRule } from "./resources.ts";

/** A value that none of the keys opens. */
export class UnreadableValue extends Error {
  override readonly name = "UnreadableValue";
}

const mark = Buffer.from("k8s:enc:");
const textOfPrefixMax = 128;

export function encryptedStore(inner: Store, findRule: FindRule): Store {
  const vault = new Vault(findRule);
  const page = (found: Page): Page => ({ ...found, entries: found.entries.map(vault.opened) });
  return {
    revision: inner.revision,
    compact: inner.compact,
    compacted: inner.compacted,
    ...(inner.bytes ? { bytes: inner.bytes } : {}),
    isOutdated: (key) => vault.isOutdated(key),
    get: async (key, revision) => {
      const entry = await inner.get(key, revision);
      return entry && vault.opened(entry);
    },
    range: async (options) => page(await inner.range(options)),
    commit: async (commit) => {
      const result = await inner.commit(vault.closedCommit(commit));
      if (result.ok || !result.found) return result;
      return { ...result, found: vault.opened(result.found) };
    },
    watch: (options, listener) =>
      inner.watch(options, (changes) => listener(changes.map(vault.openedChange))),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

class Vault {
  readonly #findRule: FindRule;
  /**
   * What this process has just encrypted, until the commit comes by: the cache knows its own
   * bytes again.
   */
  readonly #plain = new WeakMap<Uint8Array, Uint8Array>();
  readonly #outdated = new Set<string>();

  constructor(findRule: FindRule) {
    this.#findRule = findRule;
  }

  isOutdated(key: string): boolean {
    return this.#outdated.has(key);
  }

  closedCommit(commit: Commit): Commit {
    if (!commit.writes.some(({ key }) => this.#findRule(key))) return commit;
    return { ...commit, writes: commit.writes.map((write) => this.#closed(write)) };
  }

  #closed(write: Write): Write {
    const { key, value } = write;
    const [first] = this.#findRule(key)?.envelopes ?? [];
    if (!first || first.prefix === "" || value === undefined) return write;
    const sealed = Buffer.concat([Buffer.from(first.prefix), first.cipher.encrypt(value, key)]);
    this.#plain.set(sealed, value);
    return { key, value: sealed };
  }

  readonly opened = (entry: Entry): Entry => {
    const rule = this.#findRule(entry.key);
    if (!rule && !isMarked(entry.value)) return entry;
    const plain = this.#plain.get(entry.value);
    if (plain) return withValue(entry, plain);
    const [first, ...others] = rule?.envelopes ?? [];
    const found = [first, ...others].find((envelope) => envelope && isIn(envelope, entry.value));
    if (!found) throw this.#unreadable(entry);
    if (found !== first) this.#outdated.add(entry.key);
    return withValue(entry, this.#open(found, entry));
  };

  readonly openedChange = (change: Change): Change => {
    const { key, entry, previous } = change;
    const isPlain = !this.#findRule(key) && !(entry && isMarked(entry.value));
    if (isPlain) return change;
    this.#outdated.delete(key);
    const opened = {
      ...change,
      entry: entry && this.opened(entry),
      previous: previous && this.#openedBefore(previous),
    };
    if (entry) this.#plain.delete(entry.value);
    return opened;
  };

  /** What stood there before says nothing of what stands there now. */
  #openedBefore(previous: Entry): Entry {
    const wasOutdated = this.#outdated.has(previous.key);
    const opened = this.opened(previous);
    if (!wasOutdated) this.#outdated.delete(previous.key);
    return opened;
  }

  #open({ prefix, cipher }: Envelope, { key, value }: Entry): Uint8Array {
    if (prefix === "") return value;
    try {
      return cipher.decrypt(value.subarray(prefix.length), key);
    } catch (cause) {
      throw new UnreadableValue(
        `${key} cannot be decrypted: the key named in ${JSON.stringify(prefix)} is not the one it was encrypted with, or the value was changed or moved`,
        { cause },
      );
    }
  }

  /** Says which key would be needed; that is not secret. */
  #unreadable({ key, value }: Entry): UnreadableValue {
    const text = Buffer.from(value.subarray(0, textOfPrefixMax)).toString("latin1");
    const [, wanted] = /^(k8s:enc:[^:]*:v1:[^:]*:)/.exec(text) ?? [];
    const why = wanted
      ? `the encryption configuration has no ${JSON.stringify(wanted)}`
      : "it is not encrypted, and the encryption configuration has no identity provider for it";
    return new UnreadableValue(`${key} cannot be read: ${why}`);
  }
}

const withValue = ({ key, revision, created }: Entry, value: Uint8Array): Entry =>
  new HeldEntry({ key, value, revision, created });

const isMarked = (value: Uint8Array): boolean =>
  value[0] === mark[0] && mark.every((byte, at) => value[at] === byte);

function isIn({ prefix }: Envelope, value: Uint8Array): boolean {
  if (prefix === "") return !isMarked(value);
  if (value[0] !== mark[0] || value.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (value[at] !== prefix.charCodeAt(at)) return false;
  return true;
}
