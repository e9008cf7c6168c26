import { Secret } from "#api/core/secret.ts";
import { isTokenSecret } from "#api/core/token-secret.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";

// exact: kubectl, the texts of this file
export const secret = defineDescriber({
  kind: Secret,
  hidesEvents: true,

  describe(page, object) {
    const { data = {}, type = "" } = object;
    describeName(page, object);
    describeLabels(page, object);
    page.line(0, "");
    page.line(0, "Type:", type);
    for (const line of ["", "Data", "===="]) page.line(0, line);
    for (const key of Object.keys(data).toSorted()) {
      const bytes = Buffer.from(data[key] ?? "", "base64");
      // The only secret that people come here to read.
      const isToken = key === "token" && isTokenSecret(object);
      page.line(0, `${key}:`, isToken ? bytes.toString() : `${bytes.length} bytes`);
    }
  },
});
