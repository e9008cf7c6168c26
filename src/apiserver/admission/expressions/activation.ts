/**
 * The values behind the names that expressions of admission may read.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/activation.go
 */
import type { Namespace } from "#api/core/namespace.ts";
import { authorizerValue, resourceCheckValue } from "#cel/functions/authorizer.ts";
import { reviewRequest } from "../matching/review-request.ts";
import type { Subject } from "../matching/subject.ts";
import type { Version } from "../matching/versions.ts";
import { type AuthorizeFor, resourceOf } from "./authorize.ts";

export type Activation = Readonly<Record<string, unknown>>;

/** Of one request in one version. Values are made when they are first asked for. */
export function activationOf(
  subject: Subject,
  version: Version,
  authorizeFor: AuthorizeFor,
): Activation {
  const made = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name) as T;
  };
  const asked = () => once("asked", () => reviewRequest(subject, version, ""));
  const authorize = () => once("authorize", () => authorizeFor(subject.request));
  return {
    get object() {
      return asked().object as unknown;
    },
    get oldObject() {
      return asked().oldObject as unknown;
    },
    get request() {
      return asked();
    },
    get namespaceObject() {
      return once("namespace", () => namespaceObject(subject.standsIn()));
    },
    get authorizer() {
      return once("authorizer", () => authorizerValue(authorize()));
    },
    get "authorizer.requestResource"() {
      const make = () => resourceCheckValue(authorize(), resourceOf(subject.request));
      return once("resource", make);
    },
  };
}

/** The same, and more. */
export const extended = (base: Activation, more: Activation): Activation =>
  Object.create(base, Object.getOwnPropertyDescriptors(more)) as Activation;

/** Not all that is known of it is shown. */
function namespaceObject(namespace: Namespace | undefined): object | null {
  if (!namespace) return null;
  const { metadata, spec, status } = namespace;
  const { managedFields: _, ownerReferences: _owners, uid, ...rest } = metadata;
  return { metadata: { ...rest, UID: uid }, spec, status };
}
