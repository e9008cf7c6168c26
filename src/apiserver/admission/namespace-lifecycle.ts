/**
 * Keeps objects out of namespaces that do not exist or are on their way out, and the namespaces
 * that the cluster itself lives in from being deleted. The first plugin: nothing else need be
 * looked at then. upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle
 */
import { Namespace } from "#api/core/namespace.ts";
import { ApiError, notFound } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import { type AdmissionRequest, defineAdmission, refused } from "./admission.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export const namespaceLifecycle = defineAdmission<ApiObject>({
  name: "NamespaceLifecycle",
  when: ["CREATE", "UPDATE", "DELETE"],
  subresources: [
    "binding",
    "ephemeralcontainers",
    "eviction",
    "resize",
    "scale",
    "status",
    "token",
  ],

  mutate(_, request) {
    if (request.kind.scope === "Cluster") return;
    const namespace = request.reader.get(Namespace, "", request.namespace)?.object;
    if (!namespace) throw notFound(Namespace, request.namespace);
    if (request.operation === "CREATE" && namespace.status.phase === "Terminating")
      throw terminating(request);
  },

  validate(_, request) {
    const isImmortal = request.kind === Namespace && immortal.has(request.name);
    if (request.operation === "DELETE" && isImmortal)
      throw refused(request, "this namespace may not be deleted");
  },
});

function terminating(request: AdmissionRequest): ApiError {
  const { namespace } = request;
  const { message, details } = refused(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new ApiError("Forbidden", message, { details: { ...details, causes: [cause] } });
}
