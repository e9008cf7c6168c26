/** The schemas that the server publishes, and the way to a field in them. */
import { groupPath } from "#client/paths.ts";
import type { Resource } from "#client/discovery.ts";
import { ask } from "../resources/rest.ts";
import type { Session } from "../session.ts";

export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

type Schemas = Readonly<Record<string, Schema>>;

export class Document {
  readonly #schemas: Schemas;

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /** Of objects of a kind. */
  find({ kind: { group, version, kind } }: Resource): Schema | undefined {
    return Object.values(this.#schemas).find((schema) =>
      (schema["x-kubernetes-group-version-kind"] ?? []).some(
        (type) => type.group === group && type.version === version && named(type, kind),
      ),
    );
  }

  /** What a schema refers to. */
  resolve(schema: Schema): Schema {
    const name = refOf(schema);
    return (name === undefined ? undefined : this.#schemas[name]) ?? schema;
  }

  /** The schema with the fields: of the items of lists, and of the values of maps. */
  inner(schema: Schema): Schema {
    const resolved = this.resolve(schema);
    if (resolved.items) return this.inner(resolved.items);
    const { additionalProperties: values } = resolved;
    return typeof values === "object" ? this.inner(values) : resolved;
  }
}

const named = (type: { readonly kind: string }, kind: string): boolean => type.kind === kind;

const prefix = "#/components/schemas/";

export function refOf({ $ref, allOf = [] }: Schema): string | undefined {
  const ref = $ref ?? allOf.find((one) => one.$ref)?.$ref;
  return ref?.slice(prefix.length);
}

export async function documentOf(session: Session, { kind }: Resource): Promise<Document> {
  const path = `/openapi/v3${groupPath(kind)}`;
  const answer = await ask<{ readonly components?: { readonly schemas?: Schemas } }>(session, {
    method: "GET",
    path,
  });
  return new Document(answer.components?.schemas ?? {});
}

/** `[]ContainerPort`, `map[string]string`, `integer`. */
export function typeOf(document: Document, schema: Schema): string {
  const { items, additionalProperties: values, type } = schema;
  if (items) return `[]${typeOf(document, items)}`;
  if (typeof values === "object") return `map[string]${typeOf(document, values)}`;
  const ref = refOf(schema);
  if (ref === undefined) return type === undefined || type === "object" ? "Object" : type; // exact: kubectl
  const target = document.resolve(schema);
  const isPlain = target.type !== undefined && target.type !== "object";
  const name = ref.split(".").at(-1) ?? ref;
  return isPlain && name !== "Quantity" && name !== "IntOrString" ? (target.type ?? name) : name;
}
