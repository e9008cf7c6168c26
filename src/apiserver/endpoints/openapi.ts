/**
 * The API described for machines: `/openapi/v3`, a document per group and version, and `/openapi/v2`,
 * one for everything. Documents are made when first asked for.
 */
import type { AnyKind } from "#api/kind.ts";
import { ListMeta } from "#api/meta/list-meta.ts";
import { DeleteOptions } from "#api/meta/options.ts";
import { Status } from "#api/meta/status.ts";
import { Scale } from "#api/autoscaling/scale.ts";
import type { ApiResponse } from "#api/request.ts";
import { sha256Hex } from "#base/hash.ts";
import {
  type GroupVersionKind,
  openApiV2Of,
  openApiV2Scalars,
  openApiV3Of,
  openApiV3Scalars,
  type OpenApiSchema,
  schemaNameOf,
  structsOf,
} from "#schema/openapi.ts";
import { type AnyStruct, typeMeta } from "#schema/struct.ts";
import { mergedSwagger, type Swagger } from "../aggregation/merged-openapi.ts";
import type { Context } from "../context.ts";
import { chooseType, json, mediaTypes } from "../encoding/accept.ts";
import type { KindRegistry, Served } from "../kinds.ts";
import { bytesAnswer, jsonAnswer } from "../responses.ts";
import { pageNotFound } from "../unserved.ts";
import { partsOf, type Remotes } from "./discovery.ts";
import { servedGroups, type ServedVersion } from "./groups.ts";
import { documentToProto } from "./openapi-protobuf.ts";
import { type ApiOperation, listSchemaOf, operationsOf, patchSchema } from "./operations.ts";
import { groupPathOf } from "./paths.ts";

const gnostic = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** What `/openapi/v2` can be asked for; best first. The last is an old name, and no valid media type. */
const secondTypes = [json, gnostic, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"];

interface Second {
  readonly changes: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
}

export class OpenApi {
  readonly #kinds: KindRegistry;
  readonly #version: string;
  /** By path; of the kinds as they were when it was made. */
  readonly #documents = new Map<string, { changes: number; bytes: Buffer }>();
  /**
   * The form that was asked for last. Both are large and seldom asked for: rather made again than
   * held side by side.
   */
  #lastSecond: Second | undefined;
  readonly #remotes: Remotes | undefined;

  constructor(kinds: KindRegistry, version: string, remotes?: Remotes) {
    this.#kinds = kinds;
    this.#version = version;
    this.#remotes = remotes;
  }

  /** Both only grow. */
  get #changes(): number {
    return this.#kinds.changes + (this.#remotes?.services.changes ?? 0);
  }

  answer(context: Context): ApiResponse {
    const { path } = context.info;
    if (path === "/openapi/v2") return this.#second(context);
    if (path === "/openapi/v3") return this.#index();
    const version = this.#versions().find((one) => path === `/openapi/v3${groupPathOf(one)}`);
    // exact: kube-aggregator, which says nothing about a version that it does not have
    if (!version)
      return path.startsWith("/openapi/v3/")
        ? { status: 404, body: { is: "none" } }
        : pageNotFound();
    const bytes = this.#document(path, () => this.#third(version));
    const etag = `"${this.#hashOf(version)}"`;
    if (context.request.headers["if-none-match"] === etag) {
      return { status: 304, headers: { etag }, body: { is: "none" } };
    }
    return bytesAnswer(bytes, "application/json", { etag, "cache-control": "public, immutable" });
  }

  #versions(): readonly ServedVersion[] {
    return servedGroups(this.#kinds).flatMap(({ versions }) => versions);
  }

  #index(): ApiResponse {
    const paths = this.#versions().map((version) => {
      const path = groupPathOf(version);
      const serverRelativeURL = `/openapi/v3${path}?hash=${this.#hashOf(version)}`;
      return [path.slice(1), { serverRelativeURL }] as const;
    });
    return jsonAnswer({ paths: Object.fromEntries([...paths, ...this.#remotePaths()]) });
  }

  /** Those documents are the others' own: requests for them are passed on. */
  #remotePaths(): readonly (readonly [string, object])[] {
    const { directory, services } = this.#remotes ?? {};
    return [...(directory?.remotes ?? [])].flatMap(([apiVersion, service]) => {
      const serverRelativeURL = services?.describedBy(service).openApiUrl;
      return serverRelativeURL === undefined
        ? []
        : [[`apis/${apiVersion}`, { serverRelativeURL }] as const];
    });
  }

  /** Documents follow from the program and the kinds; they need not be made to be told apart. */
  #hashOf({ apiVersion, served }: ServedVersion): string {
    const kinds = served.map((one) => {
      const { plural, storage, schema } = one.kind;
      const parts = partsOf(one).map(({ name }) => name);
      const open = schema.options.open ? digestOf(schema.options.open) : "";
      return [plural, storage?.hash ?? "", open, ...parts].join(" ");
    });
    return sha256Hex([this.#version, apiVersion, ...kinds].join("\n")).toUpperCase();
  }

  #document(path: string, make: () => object): Buffer {
    const { changes } = this.#kinds;
    const known = this.#documents.get(path);
    if (known?.changes === changes) return known.bytes;
    const bytes = Buffer.from(JSON.stringify(make()));
    this.#documents.set(path, { changes, bytes });
    return bytes;
  }

  #second({ request: { headers } }: Context): ApiResponse {
    const chosen = chooseType(headers["accept"], secondTypes);
    const { contentType, bytes, etag } = this.#secondAs(chosen === json ? json : gnostic);
    const fields = { etag, vary: "Accept" };
    if (headers["if-none-match"] === etag) {
      return { status: 304, headers: fields, body: { is: "none" } };
    }
    return bytesAnswer(bytes, contentType, fields);
  }

  #secondAs(contentType: string): Second {
    const changes = this.#changes;
    const last = this.#lastSecond;
    if (last?.changes === changes && last.contentType === contentType) return last;
    const document = mergedSwagger(this.#secondDocument() as Swagger, this.#remoteSwaggers());
    const bytes =
      contentType === json ? Buffer.from(JSON.stringify(document)) : documentToProto(document);
    this.#lastSecond = { changes, contentType, bytes, etag: `"${sha256Hex(bytes)}"` };
    return this.#lastSecond;
  }

  #remoteSwaggers(): { apiVersion: string; document: Swagger }[] {
    const { directory, services } = this.#remotes ?? {};
    return [...(directory?.remotes ?? [])].flatMap(([apiVersion, service]) => {
      const document = services?.describedBy(service).openApi;
      return document ? [{ apiVersion, document: document as Swagger }] : [];
    });
  }

  #info(): object {
    return { title: "Kubernetes", version: this.#version };
  }

  #third({ served }: ServedVersion): object {
    const paths = pathsOf(served, operationV3);
    const schemas = {
      ...definitionsOf(served, openApiV3Of, "#/components/schemas/"),
      ...openApiV3Scalars(),
    };
    return {
      openapi: "3.0.0",
      info: this.#info(),
      paths,
      components: { schemas, securitySchemes: { BearerToken: bearer } },
    };
  }

  #secondDocument(): object {
    const served = [...this.#kinds.all()];
    return {
      swagger: "2.0",
      info: this.#info(),
      paths: pathsOf(served, operationV2),
      definitions: {
        ...definitionsOf(served, openApiV2Of, "#/definitions/"),
        ...openApiV2Scalars(),
      },
      securityDefinitions: { BearerToken: bearer },
      security: [{ BearerToken: [] }],
    };
  }
}

const digests = new WeakMap<object, string>();

/** Of a schema that is known only at run time. */
function digestOf(schema: object): string {
  const known = digests.get(schema);
  if (known !== undefined) return known;
  const digest = sha256Hex(JSON.stringify(schema));
  digests.set(schema, digest);
  return digest;
}

type Describe = (operation: ApiOperation) => object;

function pathsOf(all: readonly Served[], describe: Describe): Record<string, object> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const served of all) {
    for (const operation of operationsOf(served)) {
      const item = (paths[operation.path] ??= {});
      item[operation.method] = describe(operation);
    }
  }
  return paths;
}

const shared = ({ id, action, gvk }: ApiOperation): object => ({
  operationId: id,
  "x-kubernetes-action": action,
  "x-kubernetes-group-version-kind": gvk,
});

const unauthorized = { 401: { description: "Unauthorized" } };

function operationV3(operation: ApiOperation): object {
  const content = (name: string, types: readonly string[]): object =>
    Object.fromEntries(
      types.map((type) => [type, { schema: { $ref: `#/components/schemas/${name}` } }]),
    );
  const answers = Object.entries(operation.answers).map(
    ([code, name]) => [code, { description: "OK", content: content(name, mediaTypes) }] as const,
  );
  const { body, consumes } = operation;
  return {
    ...shared(operation),
    parameters: operation.parameters.map(({ name, in: where, type }) => ({
      name,
      in: where,
      ...(where === "path" ? { required: true } : {}),
      schema: { type, uniqueItems: true },
    })),
    ...(body ? { requestBody: { content: content(body, consumes), ...required(operation) } } : {}),
    responses: { ...Object.fromEntries(answers), ...unauthorized },
  };
}

const required = ({ method }: ApiOperation): object =>
  method === "delete" ? {} : { required: true };

function operationV2(operation: ApiOperation): object {
  const refer = (name: string): object => ({ $ref: `#/definitions/${name}` });
  const answers = Object.entries(operation.answers).map(
    ([code, name]) => [code, { description: "OK", schema: refer(name) }] as const,
  );
  const body = operation.body
    ? [{ name: "body", in: "body", ...required(operation), schema: refer(operation.body) }]
    : [];
  return {
    ...shared(operation),
    consumes: operation.consumes,
    produces: mediaTypes,
    parameters: [
      ...body,
      ...operation.parameters.map(({ name, in: where, type }) => ({
        name,
        in: where,
        type,
        uniqueItems: true,
        ...(where === "path" ? { required: true } : {}),
      })),
    ],
    responses: { ...Object.fromEntries(answers), ...unauthorized },
  };
}

const bearer = {
  type: "apiKey",
  name: "authorization",
  in: "header",
  description: "Bearer Token authentication",
};

type SchemaOf = typeof openApiV3Of;

/** Everything that the kinds refer to. */
function definitionsOf(
  all: readonly Served[],
  schemaOf: SchemaOf,
  prefix: string,
): Record<string, OpenApiSchema> {
  const gvks = new Map<AnyStruct, GroupVersionKind[]>();
  const docs = new Map<AnyStruct, string | undefined>();
  const structs = new Set<AnyStruct>([
    ...structsOf(Status),
    ...structsOf(DeleteOptions),
    ...structsOf(ListMeta),
  ]);
  const definitions: Record<string, OpenApiSchema> = {};
  for (const { kind, stored, subresources } of all) {
    const { group, version, kind: name, schema } = kind;
    gvks.set(schema, [{ group, version, kind: name }]);
    docs.set(schema, kind.doc);
    const bodies = [...subresources.values()].flatMap(({ bodyKind }) => bodyKind?.schema ?? []);
    const scale = stored.scale ? [Scale.schema] : [];
    for (const top of [schema, ...bodies, ...scale])
      for (const struct of structsOf(top)) structs.add(struct);
    if (kind.verbs.includes("list")) definitions[listSchemaOf(kind)] = listSchema(kind, prefix);
  }
  for (const struct of structs) {
    const named = gvks.get(struct);
    const doc = docs.get(struct);
    definitions[schemaNameOf(struct)] = schemaOf(struct, {
      enums: true,
      ...(named ? { gvks: named } : {}),
      ...(doc ? { doc } : {}),
    });
  }
  definitions[patchSchema] = {
    type: "object",
    description: "A patch in one of its four languages.",
  };
  return definitions;
}

const listSchema = (kind: AnyKind, prefix: string): OpenApiSchema => ({
  type: "object",
  description: `${kind.kind} objects, some or all.`,
  required: ["items"],
  properties: {
    apiVersion: { type: "string", description: typeMeta.apiVersion.options.doc },
    items: { type: "array", items: { $ref: prefix + schemaNameOf(kind.schema) } },
    kind: { type: "string", description: typeMeta.kind.options.doc },
    metadata: { $ref: prefix + schemaNameOf(ListMeta) },
  },
  "x-kubernetes-group-version-kind": [
    { group: kind.group, version: kind.version, kind: kind.listKind },
  ],
});
