/**
 * What a kubelet may do: see its own node and the pods bound to it, and of secrets, config maps,
 * claims and volumes only what those pods name.
 * upstream: plugin/pkg/auth/authorizer/node/node_authorizer.go
 * differs: upstream keeps a graph of all references; we walk the pods of the namespace asked about.
 * A kubelet asks once per object and pod, not on any hot path, and nothing can go stale.
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { User } from "#api/request.ts";
import { exactFieldValue } from "#api/selectors.ts";
import { nodePrefix } from "../authn/groups.ts";
import type { Reader } from "../registry/registry.ts";
import type { Attributes, Decision } from "./authorizer.ts";
import { relations, type Relation } from "./node-relations.ts";
import { fieldTerms } from "./selection.ts";
import { askedOf, type PreparedRule, prepareRule } from "./rules.ts";

/** Undefined when the user is no node; the name is empty when it cannot be told. */
export function nodeNameOf({ name, groups }: User): string | undefined {
  if (!name.startsWith(nodePrefix) || !groups.includes("system:nodes")) return undefined;
  return name.slice(nodePrefix.length);
}

export type NodeAuthorizer = (attributes: Attributes) => Decision | undefined;

/** Undefined: no node asks. A refusal is no last word: roles may still allow it. */
export function createNodeAuthorizer(
  reader: () => Reader,
  rules: readonly Partial<PolicyRule>[],
): NodeAuthorizer {
  const general = rules.map(prepareRule);
  return (attributes) => {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return undefined;
    if (node === "") return no(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
    const { isResource, group, resource } = attributes;
    const special = isResource ? specials.get(group)?.get(resource) : undefined;
    if (special) return special({ ...attributes, node, reader: reader() });
    return allows(general, attributes) ? yes : no("");
  };
}

function allows(rules: readonly PreparedRule[], attributes: Attributes): boolean {
  const asked = askedOf(attributes);
  return rules.some(({ covers }) => covers(asked));
}

interface NodeAsks extends Attributes {
  readonly node: string;
  readonly reader: Reader;
}
type Special = (asks: NodeAsks) => Decision;

const yes: Decision = Object.freeze({ allowed: true, reason: "" });
const no = (reason: string): Decision => ({ allowed: false, reason });

function related(relation: Relation, asks: NodeAsks): Decision {
  if (asks.name === "") return no("No Object name found");
  if (relation(asks.reader, asks)) return yes;
  return no(`no relationship found between node '${asks.node}' and this object`);
}

/** exact: apiserver, here and below. */
const getOnly =
  (relation: Relation): Special =>
  (asks) => {
    if (asks.verb !== "get") return no("can only get individual resources of this type");
    if (asks.subresource !== "") return no("cannot get subresource");
    return related(relation, asks);
  };

const readOnly =
  (relation: Relation): Special =>
  (asks) => {
    if (!reads.has(asks.verb)) return no("can only read resources of this type");
    if (asks.subresource !== "") return no("cannot read subresource");
    if (asks.namespace === "") return no("can only read namespaced object of this type");
    return related(relation, named(asks));
  };

const reads: ReadonlySet<string> = new Set(["get", "list", "watch"]);

/** A list or watch of one name is a read of that object. */
function named(asks: NodeAsks): NodeAsks {
  return asks.name === "" ? { ...asks, name: selected(asks, "metadata.name") ?? "" } : asks;
}

const selected = (asks: NodeAsks, path: string): string | undefined =>
  exactFieldValue(fieldTerms(asks), path);

const claims: Special = (asks) => {
  if (asks.subresource === "") return getOnly(relations.claim)(asks);
  if (!["get", "update", "patch"].includes(asks.verb))
    return no("can only get/update/patch this type");
  if (asks.subresource !== "status") return no("can only update status subresource");
  return related(relations.claim, asks);
};

const serviceAccounts: Special = (asks) => {
  if (asks.verb === "get" && asks.subresource === "") return related(relations.account, asks);
  if (asks.verb !== "create" || asks.name === "")
    return no("can only create tokens for individual service accounts");
  if (asks.subresource !== "token")
    return no("can only create token subresource of service account");
  return related(relations.account, asks);
};

const ownVerbs: ReadonlySet<string> = new Set(["get", "create", "update", "patch", "delete"]);

const leases: Special = ({ verb, namespace, name, node }) => {
  if (!ownVerbs.has(verb)) return no("can only get, create, update, patch, or delete a node lease");
  if (namespace !== "kube-node-lease")
    return no('can only access leases in the "kube-node-lease" system namespace');
  if (verb !== "create" && name !== node)
    return no("can only access node lease with the same name as the requesting node");
  return yes;
};

const csiNodes: Special = ({ verb, name, subresource, node }) => {
  if (!ownVerbs.has(verb)) return no("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return no("cannot authorize CSINode subresources");
  if (verb !== "create" && name !== node)
    return no("can only access CSINode with the same name as the requesting node");
  return yes;
};

const nodes: Special = (asks) => {
  const { verb, node, subresource } = asks;
  const isWrite = verb === "update" || verb === "patch" || (verb === "create" && !subresource);
  if (isWrite && (subresource === "" || subresource === "status")) return yes;
  if (!reads.has(verb) || subresource !== "") return no("");
  const { name } = named(asks);
  if (name === node) return yes;
  return no(
    name === ""
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
};

const podWrites: Readonly<Record<string, readonly string[]>> = {
  "": ["create", "delete"],
  status: ["update", "patch"],
  eviction: ["create"],
};

const pods: Special = (asks) => {
  const { verb, subresource, node } = asks;
  if (podWrites[subresource]?.includes(verb)) return yes;
  if (subresource !== "" || !reads.has(verb)) return no("");
  if (verb === "get") return related(relations.pod, asks);
  if (selected(asks, "spec.nodeName") === node) return yes;
  const one = named(asks);
  if (one.name !== "" && one.namespace !== "") return related(relations.pod, one);
  return no("can only list/watch pods with spec.nodeName field selector");
};

const resourceSlices: Special = (asks) => {
  const { verb, subresource, node, name } = asks;
  if (subresource !== "") return no("cannot authorize ResourceSlice subresources");
  switch (verb) {
    case "create":
      return yes;
    case "get":
    case "update":
    case "patch":
    case "delete":
      return name === "" ? no("No Object name found") : related(relations.resourceSlice, asks);
    case "list":
    case "watch":
    case "deletecollection":
      return selected(asks, "spec.nodeName") === node
        ? yes
        : no(
            "can only list/watch/deletecollection resourceslices with spec.nodeName field selector",
          );
    default:
      return no(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
      );
  }
};

/** By group, then by resource. */
const specials: ReadonlyMap<string, ReadonlyMap<string, Special>> = new Map(
  Object.entries({
    "": {
      secrets: readOnly(relations.secret),
      configmaps: readOnly(relations.configMap),
      persistentvolumeclaims: claims,
      persistentvolumes: getOnly(relations.volume),
      serviceaccounts: serviceAccounts,
      nodes,
      pods,
    },
    "coordination.k8s.io": { leases },
    "resource.k8s.io": {
      resourceclaims: getOnly(relations.resourceClaim),
      resourceslices: resourceSlices,
    },
    "storage.k8s.io": { volumeattachments: getOnly(relations.attachment), csinodes: csiNodes },
  }).map(([group, resources]) => [group, new Map<string, Special>(Object.entries(resources))]),
);
