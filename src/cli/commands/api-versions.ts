/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/apiresources/apiversions.go */
import { defineCommand } from "../command.ts";
import { openSession } from "../session.ts";
import { ask } from "../resources/rest.ts";

interface Groups {
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

export const apiVersions = defineCommand({
  name: "api-versions",
  usage: "",
  summary: "List the versions of the API that the server speaks",
  group: "settings",
  flags: {},

  async run(shell, call) {
    const session = await openSession(shell, call);
    const { groups = [] } = await ask<Groups>(session, { method: "GET", path: "/apis" });
    const core = await ask<{ readonly versions?: readonly string[] }>(session, {
      method: "GET",
      path: "/api",
    });
    const named = groups.flatMap(({ versions }) => versions.map((one) => one.groupVersion));
    const all = [...named, ...(core.versions ?? [])];
    shell.output.write(
      all
        .toSorted()
        .map((line) => `${line}\n`)
        .join(""),
    );
  },
});
