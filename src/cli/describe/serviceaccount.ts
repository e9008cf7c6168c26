import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";

export const serviceAccount = defineDescriber({
  kind: ServiceAccount,

  describe(page, object) {
    describeName(page, object);
    describeLabels(page, object);
    const names = (object.imagePullSecrets ?? []).map(({ name = "" }) => name);
    page.list("Image pull secrets", names); // exact: kubectl
  },
});
