import { Endpoints } from "#api/core/endpoints.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { orNone } from "./page.ts";

// exact: kubectl, the texts of this file
export const endpoints = defineDescriber({
  kind: Endpoints,

  describe(page, object) {
    describeName(page, object);
    describeLabels(page, object);
    page.line(0, "Subsets:");
    for (const { addresses = [], notReadyAddresses = [], ports = [] } of object.subsets ?? []) {
      page.line(1, "Addresses:", orNone(addresses.map(({ ip }) => ip).join(",")));
      page.line(1, "NotReadyAddresses:", orNone(notReadyAddresses.map(({ ip }) => ip).join(",")));
      if (ports.length > 0) {
        page.line(1, "Ports:");
        const rows = ports.map(({ name, port, protocol = "" }) => [
          name || "<unset>",
          port,
          protocol,
        ]);
        page.table(2, ["Name", "Port", "Protocol"], rows);
      }
      page.line(0, "");
    }
  },
});
