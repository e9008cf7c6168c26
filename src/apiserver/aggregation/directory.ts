/** Who serves which group and version, as the APIServices say: only those that somebody else does. */
import { APIService, type APIServiceSpec } from "#api/apiregistration/apiservice.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import type { Reader } from "../registry/registry.ts";

/** Asked for every request: while there are none, it costs a comparison. */
export class Directory {
  readonly #reader: Reader;
  #remotes: ReadonlyMap<string, APIService> = new Map();
  #changed = -1;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** By apiVersion. */
  get remotes(): ReadonlyMap<string, APIService> {
    const changed = this.#reader.changed(APIService);
    if (changed === this.#changed) return this.#remotes;
    this.#changed = changed;
    const services = this.#reader.list(APIService, "").map(({ object }) => object);
    const remote = services.filter(({ spec }) => spec.service !== undefined);
    this.#remotes = new Map(remote.map((service) => [apiVersionOf(service.spec), service]));
    return this.#remotes;
  }

  /** Grows when an APIService changes. */
  get changes(): number {
    return this.#reader.changed(APIService);
  }

  /** Of a path below `/apis/group/version`. */
  servedBy(path: string): APIService | undefined {
    const { remotes } = this;
    if (remotes.size === 0 || !path.startsWith("/apis/")) return undefined;
    const [, , group = "", version = ""] = path.split("/", 4);
    return remotes.get(`${group}/${version}`);
  }
}

export const apiVersionOf = ({ group = "", version = "" }: APIServiceSpec): string =>
  group === "" ? version : `${group}/${version}`;

export const isAvailable = ({ status }: APIService): boolean =>
  isConditionTrue(status.conditions, "Available");
