/** A server that knows CustomResourceDefinitions, and definitions to give it: for tests. */
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { type Loose, startTestServer, testKinds, type TestServer } from "../testing.ts";

export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const crontabs = "/apis/stable.example.com/v1/namespaces/default/crontabs";

export const startCustomServer = (options: object = {}): Promise<TestServer> =>
  startTestServer({ kinds: [...testKinds, CustomResourceDefinition], ...options });

/** Of an object with that spec; whatever else the version has comes in `more`. */
export const version = (spec: object, more: object = {}): object => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
  ...more,
});

export const crontabNames = {
  plural: "crontabs",
  kind: "CronTab",
  shortNames: ["ct"],
  categories: ["all"],
};

export const definition = (versions: readonly object[], change: object = {}): Loose => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "crontabs.stable.example.com" },
  spec: {
    group: "stable.example.com",
    scope: "Namespaced",
    names: crontabNames,
    versions,
    ...change,
  },
});

export const crontab = (spec: unknown, name = "mine", more: object = {}): Loose => ({
  apiVersion: "stable.example.com/v1",
  kind: "CronTab",
  metadata: { name },
  spec,
  ...more,
});

/** Resolves when the definition has the condition. */
export async function reached(
  server: TestServer,
  type: string,
  { name = "crontabs.stable.example.com", status = "True" } = {},
): Promise<Loose> {
  const watch = await server.watch(`${definitions}?watch=true&fieldSelector=metadata.name=${name}`);
  for (;;) {
    const event = await watch.next();
    if (!event || event.type === "DELETED") return undefined;
    const object = "sealed" in event ? (event.sealed.object as Loose) : undefined;
    const found = object?.status.conditions.find((each: Loose) => each.type === type);
    if (found?.status !== status) continue;
    await watch.end();
    return object;
  }
}

/** Defines it and waits until it is served. */
export async function define(server: TestServer, made: Loose): Promise<Loose> {
  await server.ask("POST", definitions, { body: made });
  return reached(server, "Established", { name: made.metadata.name });
}
