import { ConfigMap } from "#api/core/configmap.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";

// exact: kubectl, the texts of this file
export const configMap = defineDescriber({
  kind: ConfigMap,

  describe(page, object) {
    const { data = {}, binaryData = {} } = object;
    describeName(page, object);
    describeLabels(page, object);
    for (const line of ["", "Data", "===="]) page.line(0, line);
    for (const key of Object.keys(data).toSorted())
      for (const line of [`${key}:`, "----", ...(data[key] ?? "").split("\n"), ""])
        page.line(0, line);
    for (const line of ["", "BinaryData", "===="]) page.line(0, line);
    for (const key of Object.keys(binaryData).toSorted())
      page.line(0, `${key}: ${Buffer.from(binaryData[key] ?? "", "base64").length} bytes`);
    page.line(0, "");
  },
});
