/**
 * Ingresses that name no class get the one marked as default.
 * upstream: plugin/pkg/admission/network/defaultingressclass/admission.go
 */
import { newestMarked } from "#api/default-class.ts";
import { Ingress } from "#api/networking/ingress.ts";
import { defaultClassAnnotation, IngressClass } from "#api/networking/ingressclass.ts";
import { defineAdmission } from "./admission.ts";

const classAnnotation = "kubernetes.io/ingress.class";

export const defaultIngressClass = defineAdmission<Ingress>({
  name: "DefaultIngressClass",
  on: [Ingress],
  when: ["CREATE"],

  mutate({ metadata, spec }, { reader }) {
    if (
      spec.ingressClassName !== undefined ||
      metadata.annotations?.[classAnnotation] !== undefined
    )
      return;
    const classes = reader.list(IngressClass, "").map(({ object }) => object);
    const found = newestMarked(classes, [defaultClassAnnotation]);
    if (found) spec.ingressClassName = found.metadata.name ?? "";
  },
});
