import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { isSame } from "#client/canonical.ts";
import {
  type AnyController,
  type Controller,
  eventsRule,
  nobody,
  watching,
} from "./runtime/controller.ts";
import { create, type Effect, settle, update } from "./runtime/effects.ts";
import { countFailure, rootCaMeter } from "./root-ca-metrics.ts";

const name = "kube-root-ca.crt";

// exact: kube-controller-manager
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
  "No other usage is guaranteed across distributions of Kubernetes clusters.";

/**
 * Puts the certificates by which pods know the API server into every namespace.
 * upstream: pkg/controller/certificates/rootcacertpublisher/publisher.go
 */
export function rootCaController(rootCa: string): AnyController {
  const data = { "ca.crt": rootCa };
  const annotation = { "kubernetes.io/description": description };
  const controller: Controller<Namespace> = {
    name: "root-ca-certificate-publisher-controller",
    identity: "root-ca-cert-publisher",
    queue: "root_ca_cert_publisher",
    meter: rootCaMeter,
    for: Namespace,
    watches: [
      watching(ConfigMap, ({ metadata }) =>
        metadata.name === name ? [metadata.namespace ?? ""] : nobody,
      ),
    ],
    rules: [
      { verbs: ["create", "update"], apiGroups: [""], resources: ["configmaps"] },
      eventsRule,
    ],

    reconcile({ metadata, status }, view) {
      const { name: namespace = "" } = metadata;
      if (status.phase !== "Active" || metadata.deletionTimestamp) return [];
      const found = view.get(ConfigMap, namespace, name);
      if (!found) {
        return written(
          create(ConfigMap, { metadata: { namespace, name, annotations: annotation }, data }),
        );
      }
      const annotations = { ...found.metadata.annotations, ...annotation };
      const isRight = isSame(found.data, data) && isSame(found.metadata.annotations, annotations);
      const { binaryData: _binary, ...rest } = found;
      return isRight
        ? []
        : written(
            update(ConfigMap, { ...rest, metadata: { ...found.metadata, annotations }, data }),
          );
    },
  };
  return Object.freeze(controller);
}

const written = (effect: Effect): readonly Effect[] => [settle([effect], countFailure)];
