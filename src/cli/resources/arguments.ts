/**
 * The words by which people name objects: `pods`, `pod web db`, `pod/web svc/web`, `pods,svc`, `all`.
 * upstream: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go
 */
import type { Discovered, Resource } from "#client/discovery.ts";
import { UsageError } from "../flags.ts";

export type Named =
  /** All objects of these types, or the ones that selectors leave. */
  | { readonly is: "types"; readonly resources: readonly Resource[] }
  /** Some objects, each by its name. */
  | { readonly is: "names"; readonly targets: readonly NamedTarget[] };

export interface NamedTarget {
  readonly resource: Resource;
  readonly name: string;
}

// exact: kubectl, the messages of this file
export function parseArguments(discovered: Discovered, args: readonly string[]): Named {
  const withSlash = args.filter((arg) => arg.includes("/"));
  if (withSlash.length > 0) return { is: "names", targets: parsePairs(discovered, args) };
  const [types = "", ...names] = args;
  const resources = findTypes(discovered, types);
  if (names.length === 0) return { is: "types", resources };
  return {
    is: "names",
    targets: resources.flatMap((resource) => names.map((name) => ({ resource, name }))),
  };
}

function parsePairs(discovered: Discovered, args: readonly string[]): readonly NamedTarget[] {
  return args.map((arg) => {
    const parts = arg.split("/");
    const [type = "", name = ""] = parts;
    if (parts.length === 1)
      throw new Error(
        `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`,
      );
    if (parts.length > 2)
      throw new Error(`arguments in resource/name form may not have more than one slash`);
    if (type === "" || name === "")
      throw new Error("arguments in resource/name form must have a single resource and name");
    return { resource: findType(discovered, type), name };
  });
}

/** `pods,svc`, `all`. */
export function findTypes(discovered: Discovered, text: string): readonly Resource[] {
  const types = text.split(",").filter((type) => type !== "");
  const found = types.flatMap(
    (type) => inCategory(discovered, type) ?? [findType(discovered, type)],
  );
  return [...new Set(found)];
}

function inCategory(discovered: Discovered, type: string): readonly Resource[] | undefined {
  const found = discovered.inCategory(type).filter(({ kind }) => kind.verbs.includes("list"));
  return found.length > 0 ? found : undefined;
}

export function findType(discovered: Discovered, type: string): Resource {
  const found = discovered.find(type);
  if (!found) throw new Error(`the server doesn't have a resource type "${type.split(".")[0]}"`);
  return found;
}

/** For commands that read: get, describe. */
export function nothingNamed(path: string): Error {
  const [program = "", ...command] = path.split(" ");
  return new UsageError(
    `You must specify the type of resource to ${command.join(" ")}. Use "${program} api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "${program} explain <resource>" for a detailed description of that resource (e.g. ${program} explain pods).`,
  );
}

export const nothingGiven = (): Error =>
  new Error(`You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`);
