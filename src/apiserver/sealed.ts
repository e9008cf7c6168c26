/**
 * One revision of an object, encoded once (DESIGN rule 5): the object, its JSON and, when somebody
 * asks, its protobuf are shared by the store, the watch cache, every response and every informer.
 *
 * The store gives a revision only when it commits, after the bytes exist. So the stored JSON has
 * an empty resourceVersion in its place, and the number is spliced in when the JSON is read.
 */
import { assert } from "#base/assert.ts";
import { bufferOf, keptText } from "#base/bytes.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Sealed } from "#api/request.ts";
import { deepFreeze } from "#schema/copy.ts";
import { decodeJson } from "#schema/json.ts";
import { inOrder } from "#schema/order.ts";
import { encodeProto } from "#schema/protobuf.ts";
import { shareParts } from "#schema/sharing.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import { Bytes } from "#store/entry.ts";
import type { Value } from "#store/store.ts";

/** What the sealed objects of one kind have in common. */
export interface Seal {
  readonly kind: AnyKind;
  readonly typeMetaLength: number;
  /** Objects are frozen through and through: tests want to see who writes to them. */
  readonly isFreezing: boolean;
}

export const sealOf = (kind: AnyKind, isFreezing: boolean): Seal => ({
  kind,
  typeMetaLength: typeMetaLengthOf(kind.kind, kind.apiVersion),
  isFreezing,
});

/**
 * What the store has, in the form that the kind has now: of a kind whose schema may change, pruned,
 * defaulted and in the stored version. The same bytes where nothing differs.
 */
export function fitted({ kind }: Seal, stored: Value): Value {
  if (!kind.fitsStored) return stored;
  const text = textOf(stored.value);
  const object = JSON.parse(text) as Draft<ApiObject>;
  object.metadata.resourceVersion = "0";
  // What somebody else has to convert stays in its own version until it is asked for.
  const own = kind.conversion && kind.versions?.get(object.apiVersion);
  const apiVersion = own ? object.apiVersion : kind.apiVersion;
  const typed = { ...object, kind: kind.kind, apiVersion };
  const decoded = decodeJson(own ?? kind.schema, typed, { defaults: true });
  const draft = decoded.value as Draft<ApiObject>;
  draft.metadata.resourceVersion = "";
  const fit = JSON.stringify(draft);
  return fit === text ? stored : new Bytes(keptText(fit));
}

/** Bytes of `{"kind":"Pod","apiVersion":"v1",`. */
const typeMetaLengthOf = (kind: string, apiVersion: string): number =>
  Buffer.byteLength(JSON.stringify({ kind, apiVersion }));

/** Quotes in strings are escaped in JSON, so this can only be the field itself. */
const emptyVersion = '"resourceVersion":""';
const beforeDigits = emptyVersion.length - 1;

/** An object of the store. */
export class StoredObject<T extends ApiObject = ApiObject> implements Sealed<T> {
  readonly #seal: Seal;
  readonly #revision: number;
  /** As stored: without the revision. The store may keep it small. */
  readonly #value: Value;
  /** Where the digits of the revision go; 0 until it was looked for. */
  #digitsAt = 0;
  #wasAsked = false;
  #json: Uint8Array | undefined;
  #object: T | undefined;
  #proto: Uint8Array | undefined;

  constructor(seal: Seal, stored: { value: Value; revision: number; object?: T }) {
    this.#seal = seal;
    this.#value = stored.value;
    this.#revision = stored.revision;
    this.#object = stored.object;
  }

  get revision(): number {
    return this.#revision;
  }

  get kind(): AnyKind {
    return this.#seal.kind;
  }

  get typeMetaLength(): number {
    return this.#seal.typeMetaLength;
  }

  /** What it costs to keep it, roughly. */
  get bytes(): number {
    return this.#value.size;
  }

  get object(): T {
    return (this.#object ??= this.#parse());
  }

  /** The object, when somebody asked for it before: whoever changes it may share parts of it. */
  get known(): T | undefined {
    return this.#object;
  }

  /** Who is asked again keeps it for a while: to keep all would double the memory of a cluster. */
  json(): Uint8Array {
    if (this.#json) return this.#json;
    const json = this.#withRevision();
    if (this.#wasAsked && json.length <= keptBytesMax) this.#keep(json);
    this.#wasAsked = true;
    return json;
  }

  #keep(json: Uint8Array): void {
    this.#json = json;
    keep(this);
  }

  forgetJson(): void {
    this.#json = undefined;
  }

  #withRevision(): Uint8Array {
    const { size } = this.#value;
    const digits = String(this.#revision);
    const spliced = Buffer.allocUnsafe(size + digits.length);
    this.#value.copy(spliced, 0);
    const at = (this.#digitsAt ||= placeOfDigits(spliced, 0));
    spliced.copyWithin(at + digits.length, at, size);
    spliced.write(digits, at, "latin1");
    return spliced;
  }

  /** The JSON has no more. */
  get bytesMax(): number {
    return this.#value.size + digitsMax;
  }

  /** Writes the JSON without what it is, as items of lists have it; how many bytes that were. */
  writeItem(into: Buffer, at: number): number {
    const { size } = this.#value;
    this.#value.copy(into, at);
    const split = at + (this.#digitsAt ||= placeOfDigits(into, at));
    // What it is goes, and so makes room for the digits.
    into.copyWithin(at, at + this.typeMetaLength, split);
    const digitsAt = split - this.typeMetaLength;
    const end = digitsAt + into.write(String(this.#revision), digitsAt, "latin1");
    into.copyWithin(end, split, at + size);
    return end + at + size - split - at;
  }

  proto(): Uint8Array {
    return (this.#proto ??= encodeProto(this.#seal.kind.schema, this.object));
  }

  /** The same revision of a kind that has changed. */
  under(seal: Seal): StoredObject<T> {
    return new StoredObject(seal, { value: fitted(seal, this.#value), revision: this.#revision });
  }

  /** The same state under a later revision: what a deletion tells watchers. */
  at(revision: number): StoredObject<T> {
    return new StoredObject(this.#seal, { value: this.#value, revision });
  }

  #parse(): T {
    const object = JSON.parse(textOf(this.#value.value)) as Draft<ApiObject>;
    object.metadata.resourceVersion = String(this.#revision);
    shareObject(object);
    return (this.#seal.isFreezing ? deepFreeze(object) : object) as unknown as T;
  }
}

/** Metadata, spec and status differ from object to object; what they are made of often does not. */
function shareObject(object: Draft<ApiObject>): void {
  for (const part of Object.values(object))
    if (typeof part === "object" && part !== null) shareParts(part);
}

/** Of a revision. */
const digitsMax = 16;
const keptMax = 256;
const keptBytesMax = 16 * 1024;

/** Whose JSON is kept, the latest last. */
const keepers = new Set<StoredObject>();

function keep(object: StoredObject): void {
  keepers.add(object);
  if (keepers.size <= keptMax) return;
  const [oldest] = keepers;
  if (!oldest) return;
  keepers.delete(oldest);
  oldest.forgetJson();
}

/** Counted from where the object begins. */
function placeOfDigits(bytes: Buffer, begin: number): number {
  const found = bytes.indexOf(emptyVersion, begin);
  assert(found > begin, "a stored object has no place for its resourceVersion");
  return found - begin + beforeDigits;
}

/** An object that is not stored: a review, a scale, a table, or a stored one in another version. */
export class ComputedObject<T extends ApiObject = ApiObject> implements Sealed<T> {
  readonly object: T;
  readonly revision: number;
  readonly #schema: AnyStruct | undefined;
  #json: Uint8Array | undefined;
  #proto: Uint8Array | undefined;

  /** `kind` and `apiVersion` are the object's first members. Without a schema it is JSON only. */
  constructor(schema: AnyStruct | undefined, object: T, revision = 0) {
    this.#schema = schema;
    this.object = object;
    this.revision = revision;
  }

  get typeMetaLength(): number {
    return typeMetaLengthOf(this.object.kind, this.object.apiVersion);
  }

  json(): Uint8Array {
    return (this.#json ??= Buffer.from(JSON.stringify(this.object)));
  }

  proto(): Uint8Array {
    assert(this.#schema, `${this.object.kind} has no protobuf form`);
    return (this.#proto ??= encodeProto(this.#schema, this.object));
  }
}

/** A finished draft on its way to the store: encoded, and sealed once its revision is known. */
export class Unsealed {
  /** What the store keeps. */
  readonly value: Uint8Array;
  readonly #seal: Seal;
  readonly #object: Draft<ApiObject>;
  #sealed: StoredObject | undefined;

  /**
   * Nobody may write to the draft from now on. Whoever edited it need not have kept the canonical
   * form: it is put right here, on the one way to the store. What it shares with the state before is
   * in order.
   */
  constructor(seal: Seal, draft: Draft<ApiObject>, before?: StoredObject) {
    const { kind, apiVersion, schema } = seal.kind;
    this.#seal = seal;
    draft.kind = kind;
    draft.apiVersion = apiVersion;
    // Something has to stand in the place of the revision, or it would be taken for unset.
    draft.metadata.resourceVersion = "0";
    this.#object = inOrder(schema, draft, before?.known) as Draft<ApiObject>;
    this.#object.metadata.resourceVersion = "";
    this.value = keptText(JSON.stringify(this.#object));
  }

  /** The cache calls it when the commit comes by, and the writer when it is acknowledged. */
  seal(revision: number, value: Value = new Bytes(this.value)): StoredObject {
    if (this.#sealed) return this.#sealed;
    this.#object.metadata.resourceVersion = String(revision);
    shareObject(this.#object);
    if (this.#seal.isFreezing) deepFreeze(this.#object);
    const object = this.#object as ApiObject;
    this.#sealed = new StoredObject(this.#seal, { value, revision, object });
    return this.#sealed;
  }

  /** Once `seal` was called. */
  get sealed(): StoredObject | undefined {
    return this.#sealed;
  }

  /** What a dry run answers: as it would be stored, under the revision that it is based on. */
  preview(revision: number): Sealed {
    const metadata = { ...this.#object.metadata, resourceVersion: `${revision}` };
    if (revision === 0) delete (metadata as Draft<ObjectMeta>).resourceVersion;
    const object = { ...this.#object, metadata } as ApiObject;
    return new ComputedObject(this.#seal.kind.schema, object, revision);
  }
}

const textOf = (bytes: Uint8Array): string => bufferOf(bytes).toString("utf8");
