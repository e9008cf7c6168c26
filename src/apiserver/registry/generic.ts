/** The registry, put together of its verbs. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { assert } from "#base/assert.ts";
import { Lanes } from "#base/lanes.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { draftBeside, draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { type Changed, changeObject, type ObjectChange } from "./change.ts";
import { createObject, type NewObject } from "./create.ts";
import { foundObjects } from "./found.ts";
import type { RegistryKit } from "./kit.ts";
import { getObject, listObjects } from "./read.ts";
import { canShare } from "./parts.ts";
import type { Edit, Part, Registry, WriteContext } from "./registry.ts";
import { removeObject } from "./remove.ts";
import { shown } from "./versions.ts";
import { watchObjects } from "./watch.ts";

/** What the HTTP verbs need beyond what everybody else may use. */
export interface FullRegistry extends Registry {
  readonly kit: RegistryKit;
  /** Creates an object that was decoded and defaulted for this purpose. */
  readonly insert: (kind: AnyKind, object: NewObject, how: WriteContext) => Soon<Sealed>;
  readonly put: (kind: AnyKind, change: ObjectChange, how: WriteContext) => Promise<Changed>;
}

export function createRegistry(parts: Omit<RegistryKit, "lanes">): FullRegistry {
  const kit: RegistryKit = { ...parts, lanes: new Lanes() };
  return {
    kit,
    reader: kit.reader,
    get: (kind, at, resourceVersion = "") => getObject(kit, kind, { ...at, resourceVersion }),
    list: (kind, query) => listObjects(kit, kind, query),
    watch: (kind, query) => watchObjects(kit, kind, query),
    found: (objects, how) => foundObjects(kit, objects, how),
    create: async (kind, object, how) => {
      const draft = defaulted(kind, draftOf(object));
      return shown(kind, await createObject({ kit, kind, how }, { draft }));
    },
    change: async (kind, { edit, part = "", isTracked, namespace, name }, how) => {
      const make = makerOf(kind, edit as unknown as Edit<ApiObject>, { part, isTracked });
      const writing = { kit, kind, how };
      const { sealed } = await changeObject(writing, { namespace, name, part, make });
      return shown(kind, sealed) as never;
    },
    delete: async (kind, query, how) => {
      const removed = await removeObject({ kit, kind, how }, query);
      return kind.conversion ? { ...removed, sealed: await shown(kind, removed.sealed) } : removed;
    },
    insert: (kind, object, how) => {
      const created = createObject({ kit, kind, how }, object);
      return kind.conversion ? whenThere(created, (sealed) => shown(kind, sealed)) : created;
    },
    put: async (kind, change, how) => {
      const changed = await changeObject({ kit, kind, how }, change);
      return kind.conversion ? { ...changed, sealed: await shown(kind, changed.sealed) } : changed;
    },
  };
}

interface Editing {
  readonly part: Part;
  readonly isTracked?: boolean | undefined;
}

/** An edit may share what it did not change with the current object. */
const makerOf =
  (
    kind: AnyKind,
    edit: Edit<ApiObject>,
    { part, isTracked = false }: Editing,
  ): ObjectChange["make"] =>
  async (current) => {
    assert(current, "only what is there is edited");
    const before = current.object;
    const edited: ApiObject = await edit(before);
    if (!canShare(kind, part)) return { draft: defaulted(kind, draftOf(edited)), isTracked };
    const { metadata, ...rest } = edited;
    const { metadata: _metadata, ...restBefore } = before;
    const draft = { ...draftBeside(rest, restBefore), metadata: draftOf(metadata) };
    return { draft: applyDefaults(kind.schema, draft, before), isTracked };
  };

const defaulted = (kind: AnyKind, draft: Draft<ApiObject>): Draft<ApiObject> =>
  applyDefaults(kind.schema, draft);
