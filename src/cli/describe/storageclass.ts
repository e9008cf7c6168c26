import { labelsText } from "#api/columns.ts";
import { isMarked } from "#api/default-class.ts";
import { defaultClassAnnotations, StorageClass } from "#api/storage/storageclass.ts";
import { defineDescriber } from "./describer.ts";
import { yesNo } from "./page.ts";

// exact: kubectl, the texts of this file
export const storageClass = defineDescriber({
  kind: StorageClass,

  describe(page, object) {
    const { metadata, allowVolumeExpansion: mayGrow, mountOptions = [] } = object;
    page.line(0, "Name:", metadata.name ?? "");
    page.line(0, "IsDefaultClass:", isMarked(object, defaultClassAnnotations) ? "Yes" : "No");
    page.line(0, "Annotations:", labelsText(metadata.annotations));
    page.line(0, "Provisioner:", object.provisioner);
    page.line(0, "Parameters:", labelsText(object.parameters));
    page.line(0, "AllowVolumeExpansion:", mayGrow === undefined ? "<unset>" : yesNo(mayGrow));
    if (mountOptions.length === 0) page.line(0, "MountOptions:", "<none>");
    else page.line(0, "MountOptions:");
    for (const option of mountOptions) page.line(1, option);
    page.optional(0, "ReclaimPolicy:", object.reclaimPolicy);
    page.optional(0, "VolumeBindingMode:", object.volumeBindingMode);
  },
});
