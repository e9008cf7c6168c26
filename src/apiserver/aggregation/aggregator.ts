/** Everything about groups and versions that somebody else serves, put together. */
import { ownWrites } from "../registry/own-writes.ts";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { APIService } from "#api/apiregistration/apiservice.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Context } from "../context.ts";
import type { KindRegistry } from "../kinds.ts";
import type { ServerPorts } from "../ports.ts";
import type { FullRegistry } from "../registry/generic.ts";

import { clusterIpUrl } from "../service-url.ts";
import { Directory } from "./directory.ts";
import { observeAvailability } from "./metrics.ts";
import { Switchman } from "./passing-on.ts";
import { registerCustom } from "./registering.ts";
import { RemoteServices } from "./watching.ts";

const thirdDocuments = "/openapi/v3";

export interface AggregatorOptions {
  readonly registry: FullRegistry;
  readonly kinds: KindRegistry;
  readonly ports: ServerPorts;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

export interface Aggregator {
  readonly directory: Directory;
  readonly services: RemoteServices;
  /** Answers what is somebody else's to answer; undefined: it is ours. */
  readonly serve: (context: Context) => Promise<ApiResponse> | undefined;
  /** Follows what changes, until the signal aborts. */
  readonly start: () => void;
}

/** Undefined where nobody can say who else serves. */
export function createAggregator(options: AggregatorOptions): Aggregator | undefined {
  const { registry, kinds, ports, signal } = options;
  const knows = ({ apiVersion, plural }: { apiVersion: string; plural: string }): boolean =>
    kinds.find(apiVersion, plural) !== undefined;
  if (!knows(APIService)) return undefined;
  const { http, frontProxy, serviceUrl = clusterIpUrl(registry.reader) } = ports;
  const directory = new Directory(registry.reader);
  const switchman = new Switchman({
    http,
    serviceUrl,
    frontProxy,
    clock: ports.clock,
    log: ports.log,
  });
  const how = ownWrites(signal);
  const unavailable = observeAvailability(options.metrics, registry.reader);
  const services = new RemoteServices({ registry, directory, switchman, how, unavailable, signal });
  return {
    directory,
    services,
    serve: (context) => {
      const { path } = context.info;
      // Their documents are theirs to answer for, too.
      const isDocument = path.startsWith(thirdDocuments);
      const service = directory.servedBy(isDocument ? path.slice(thirdDocuments.length) : path);
      return service && switchman.pass(context, service);
    },
    start: () => {
      void services.follow();
      if (knows(CustomResourceDefinition)) void registerCustom({ registry, how, signal });
    },
  };
}
