/** One request as webhooks and policies see it. What one of them changed, the next one is shown. */
import { Namespace } from "#api/core/namespace.ts";
import { notFound } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Labels } from "#api/selectors.ts";
import { draftOf } from "#schema/copy.ts";
import type { AdmissionRequest, AdmissionSite } from "../admission.ts";
import { type Version, versionsOf } from "./versions.ts";

export class Subject {
  readonly request: AdmissionRequest;
  /** As it would be; undefined when it is deleted. */
  readonly object: ApiObject | undefined;
  readonly old: ApiObject | undefined;
  /** Of a Namespace, its own name. */
  readonly namespace: string;
  readonly #site: AdmissionSite;
  readonly #olds = new Map<Version, object>();
  readonly #converted = new Map<Version, object>();
  #versions: readonly Version[] | undefined;

  constructor(request: AdmissionRequest, object: ApiObject | undefined, site: AdmissionSite) {
    this.request = request;
    this.object = request.operation === "DELETE" ? undefined : object;
    this.old = request.old;
    this.namespace = isNamespace(request) ? request.name : request.namespace;
    this.#site = site;
  }

  /** The one that the caller speaks comes first. */
  get versions(): readonly [Version, ...Version[]] {
    this.#versions ??= versionsOf(this.request, this.#site.kinds);
    return this.#versions as readonly [Version, ...Version[]];
  }

  /** As rules name it. */
  get scope(): "Cluster" | "Namespaced" {
    return this.request.kind.scope;
  }

  /** Undefined where it stands in no namespace. Throws NotFound. */
  namespaceLabels(): Labels | undefined {
    const { request, namespace } = this;
    if (namespace === "") return undefined;
    if (isNamespace(request) && isBecoming(request)) return this.object?.metadata.labels ?? {};
    const found = request.reader.get(Namespace, "", namespace);
    if (!found) throw notFound(Namespace, namespace);
    return found.object.metadata.labels ?? {};
  }

  /** Undefined where it stands in none. Throws NotFound. */
  standsIn(): Namespace | undefined {
    const { request } = this;
    if (request.namespace === "" || isNamespace(request)) return undefined;
    const found = request.reader.get(Namespace, "", request.namespace);
    if (!found) throw notFound(Namespace, request.namespace);
    return found.object;
  }

  /** Of what there is of it: as it is, and as it would be. */
  labels(): readonly Labels[] {
    const { subresource, body } = this.request;
    // A Scale has no labels.
    if (subresource === "scale" && !body) return [{}];
    return [this.object, this.old].flatMap((object?: Partial<ApiObject>) =>
      object?.metadata ? [object.metadata.labels ?? {}] : [],
    );
  }

  /** Before the object is shown in a version that somebody outside has to make. */
  async prepare(version: Version | undefined): Promise<void> {
    if (!version?.convert) return;
    if (this.object) this.#converted.set(version, await version.convert(this.object));
    if (!this.old || this.#olds.has(version)) return;
    this.#olds.set(version, await version.convert(this.old));
  }

  shown(version: Version): object | null {
    if (!this.object) return null;
    const converted = this.#converted.get(version);
    return converted ? draftOf(converted) : version.show(this.object);
  }

  /** It stays the same, however many webhooks there are. */
  oldShown(version: Version): object | null {
    if (!this.old) return null;
    const known = this.#olds.get(version) ?? version.show(this.old);
    this.#olds.set(version, known);
    return known;
  }
}

const isNamespace = ({ kind, subresource }: AdmissionRequest): boolean =>
  kind === Namespace && subresource === "";

const isBecoming = ({ operation }: AdmissionRequest): boolean =>
  operation === "CREATE" || operation === "UPDATE";
