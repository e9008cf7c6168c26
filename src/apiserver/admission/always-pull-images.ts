/**
 * Forces every image to be pulled, so that being on a node is not enough to run another tenant's
 * private image out of its cache. Off by default.
 * upstream: plugin/pkg/admission/alwayspullimages/admission.go
 */
import { Pod } from "#api/core/pod.ts";
import { child, index, notSupported } from "#schema/field-error.ts";
import { type AdmissionRequest, defineAdmission } from "./admission.ts";

const lists = ["initContainers", "containers", "ephemeralContainers"] as const;

export const alwaysPullImages = defineAdmission<Pod>({
  name: "AlwaysPullImages",
  on: [Pod],
  when: ["CREATE", "UPDATE"],
  subresources: ["ephemeralcontainers"],

  mutate({ spec }, request) {
    for (const list of listsOf(request)) {
      for (const container of spec[list] ?? []) container.imagePullPolicy = "Always";
    }
    if (request.operation !== "CREATE") return;
    for (const { image } of spec.volumes ?? []) if (image) image.pullPolicy = "Always";
  },

  *validate({ spec }, request) {
    for (const list of listsOf(request)) {
      for (const [at, { imagePullPolicy }] of (spec[list] ?? []).entries()) {
        const path = child(index(child("spec", list), at), "imagePullPolicy");
        if (imagePullPolicy !== "Always")
          yield notSupported(path, imagePullPolicy ?? "", ["Always"]);
      }
    }
  },
});

/** A pod that is there already keeps its policies; what is added to it is as new as a new pod. */
const listsOf = ({ operation, subresource }: AdmissionRequest<Pod>): readonly List[] =>
  operation === "CREATE" ? lists : subresource === "ephemeralcontainers" ? [lists[2]] : [];

type List = (typeof lists)[number];
