/**
 * Which pod, container and node a request is for.
 * upstream: pkg/registry/core/pod/strategy.go#{ValidateContainer,streamLocation}
 */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { badRequest, notFound } from "#api/errors.ts";
import type { SubresourceCall } from "./subresource.ts";

export function podOf({ context, registry }: SubresourceCall): Pod {
  const { namespace, name } = context.info;
  const pod = registry.reader.get(Pod, namespace, name)?.object;
  if (pod) return pod;
  throw notFound(Pod, name);
}

/** exact: apiserver */
export function nodeOf({ registry }: SubresourceCall, { metadata, spec }: Pod): Node {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  const node = registry.reader.get(Node, "", spec.nodeName)?.object;
  if (node) return node;
  throw notFound(Node, spec.nodeName);
}

/** The one asked for, or the only one. exact: apiserver */
export function containerOf({ metadata, spec }: Pod, asked: string | undefined): string {
  const names = (list: readonly { readonly name: string }[] = []): readonly string[] =>
    list.map(({ name }) => name);
  const [own, init, ephemeral] = [spec.containers, spec.initContainers, spec.ephemeralContainers];
  if (asked) {
    if ([own, init, ephemeral].some((list) => names(list).includes(asked))) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [first, ...others] = names(own);
  if (first !== undefined && others.length === 0) return first;
  const problem = `a container name must be specified for pod ${metadata.name}`;
  if (first === undefined) throw badRequest(problem);
  const more = init?.length ? ` or one of the init containers: [${names(init).join(" ")}]` : "";
  throw badRequest(`${problem}, choose one of: [${names(own).join(" ")}]${more}`);
}

/** `/exec/default/web/app`, with the query that kubelets understand. */
export function kubeletPath(parts: readonly string[], query: URLSearchParams): string {
  const path = parts.map((part) => `/${encodeURIComponent(part)}`).join("");
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
