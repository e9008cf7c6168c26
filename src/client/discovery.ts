/**
 * What a server serves, by asking it: for tools that take the names of resources from people, and
 * for kinds that are not built in.
 */
import { type AnyKind, type Verb } from "#api/kind.ts";
import * as catalog from "#api/catalog.ts";
import { contentOf } from "./answers.ts";
import type { Client } from "./client.ts";
import { dynamicKind } from "./dynamic.ts";
import { refuse } from "./typed.ts";

export interface Resource {
  readonly kind: AnyKind;
  /** `status`, `scale`, `log`… */
  readonly subresources: readonly string[];
  /** Of several versions of the group, the one the server prefers. */
  readonly isPreferred: boolean;
}

export class Discovered {
  readonly resources: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    this.resources = resources;
  }

  /**
   * The resource that people mean by `deploy`, `Deployment`, `deployments.apps`,
   * `deployments.v1.apps`: full names before short ones, core before other groups, preferred
   * versions before others.
   */
  find(text: string): Resource | undefined {
    const [name = "", ...qualifiers] = text.toLowerCase().split(".");
    if (qualifiers.length === 0) return this.#named(name, () => true);
    const [version, ...group] = qualifiers;
    return (
      this.#named(name, (kind) => kind.group === qualifiers.join(".")) ??
      this.#named(name, (kind) => kind.version === version && kind.group === group.join("."))
    );
  }

  /** The resource of objects that carry this type. */
  of(apiVersion: string, kind: string): Resource | undefined {
    return this.resources.find((r) => r.kind.apiVersion === apiVersion && isNamed(r.kind, kind));
  }

  inCategory(category: string): readonly Resource[] {
    return this.resources.filter(
      ({ kind, isPreferred }) => isPreferred && kind.categories.includes(category),
    );
  }

  #named(name: string, isWanted: (kind: AnyKind) => boolean): Resource | undefined {
    const wanted = this.resources
      .filter(({ kind }) => isWanted(kind))
      .sort((a, b) => Number(b.isPreferred) - Number(a.isPreferred));
    return (
      wanted.find(({ kind }) => kind.plural === name || kind.singular === name) ??
      wanted.find(({ kind }) => kind.shortNames.includes(name)) ??
      wanted.find(({ kind }) => kind.kind.toLowerCase() === name)
    );
  }
}

const isNamed = (kind: AnyKind, name: string): boolean => kind.kind === name;

/** The newer, aggregated form of discovery: two requests for everything. */
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export async function discover(client: Client, signal?: AbortSignal): Promise<Discovered> {
  const [core, groups] = await Promise.all([
    ask(client, "/api", signal),
    ask(client, "/apis", signal),
  ]);
  if (isAggregated(core) && isAggregated(groups)) {
    return new Discovered([...core.items, ...groups.items].flatMap(resourcesOfGroup));
  }
  return new Discovered(await oneByOne(client, groups as GroupList, signal));
}

async function ask(client: Client, path: string, signal?: AbortSignal): Promise<unknown> {
  const response = await client.raw({
    method: "GET",
    path,
    headers: { accept: `${aggregated},application/json` },
    ...(signal ? { signal } : {}),
  });
  refuse(response);
  return contentOf(response);
}

interface AggregatedList {
  readonly items: readonly AggregatedGroup[];
}
interface AggregatedGroup {
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: { readonly kind: string };
      readonly scope: "Namespaced" | "Cluster";
      readonly singularResource?: string;
      readonly verbs?: readonly string[];
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
      readonly subresources?: readonly { readonly subresource: string }[];
    }[];
  }[];
}

const isAggregated = (value: unknown): value is AggregatedList =>
  (value as { kind?: string }).kind?.endsWith("GroupDiscoveryList") ?? false;

function resourcesOfGroup({ metadata, versions = [] }: AggregatedGroup): Resource[] {
  const group = metadata?.name ?? "";
  return versions.flatMap(({ version, resources = [] }, at) =>
    resources.map((r) => ({
      isPreferred: at === 0,
      subresources: (r.subresources ?? []).map(({ subresource }) => subresource),
      kind: kindOf({
        group,
        version,
        kind: r.responseKind?.kind ?? "",
        plural: r.resource,
        singular: r.singularResource ?? "",
        shortNames: r.shortNames ?? [],
        categories: r.categories ?? [],
        scope: r.scope,
        verbs: (r.verbs ?? []) as readonly Verb[],
      }),
    })),
  );
}

interface GroupList {
  readonly groups?: readonly {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
    readonly preferredVersion?: { readonly version: string };
  }[];
}
interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly singularName: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly verbs: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

/** Servers before 1.26: a request per group and version. A group that fails is left out. */
async function oneByOne(
  client: Client,
  { groups = [] }: GroupList,
  signal?: AbortSignal,
): Promise<readonly Resource[]> {
  const versions = [
    { group: "", version: "v1", path: "/api/v1", isPreferred: true },
    ...groups.flatMap((group) =>
      group.versions.map(({ version, groupVersion }) => ({
        group: group.name,
        version,
        path: `/apis/${groupVersion}`,
        isPreferred: version === group.preferredVersion?.version,
      })),
    ),
  ];
  const lists = await Promise.allSettled(versions.map(({ path }) => ask(client, path, signal)));
  return versions.flatMap((at, i) => {
    const list = lists[i];
    return list?.status === "fulfilled" ? resourcesOfVersion(list.value as ResourceList, at) : [];
  });
}

function resourcesOfVersion(
  { resources = [] }: ResourceList,
  at: { readonly group: string; readonly version: string; readonly isPreferred: boolean },
): Resource[] {
  const isPart = ({ name }: { readonly name: string }): boolean => name.includes("/");
  const parts = resources.filter(isPart).map(({ name }) => name.split("/"));
  return resources
    .filter((r) => !isPart(r))
    .map((r) => ({
      isPreferred: at.isPreferred,
      subresources: parts.filter(([of]) => of === r.name).map(([, part = ""]) => part),
      kind: kindOf({
        group: at.group,
        version: at.version,
        kind: r.kind,
        plural: r.name,
        singular: r.singularName,
        shortNames: r.shortNames ?? [],
        categories: r.categories ?? [],
        scope: r.namespaced ? "Namespaced" : "Cluster",
        verbs: r.verbs as readonly Verb[],
      }),
    }));
}

const builtIn: ReadonlyMap<string, AnyKind> = new Map(
  Object.values(catalog as Record<string, AnyKind>).map((kind) => [
    `${kind.apiVersion}/${kind.plural}`,
    kind,
  ]),
);

/** The built-in kind where there is one; else a kind that lets objects pass as they are. */
function kindOf(facts: Parameters<typeof dynamicKind>[0]): AnyKind {
  const apiVersion = facts.group === "" ? facts.version : `${facts.group}/${facts.version}`;
  return builtIn.get(`${apiVersion}/${facts.plural}`) ?? dynamicKind(facts);
}
