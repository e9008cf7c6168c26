/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/version/version.go */
import { formatYaml } from "#base/yaml.ts";
import { defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { ask } from "../resources/rest.ts";
import { openSession } from "../session.ts";

/** The Kubernetes whose command line this is. */
const client = { major: "1", minor: "36", gitVersion: "v1.36.0" } as const;

interface Version {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

export const version = defineCommand({
  name: "version",
  usage: "[--client] [-o json|yaml]",
  summary: "Show the versions of client and server",
  group: "settings",
  flags: {
    client: flag.switch("only the client's: no server is needed"),
    output: flag.text("json or yaml", { short: "o", value: "FORM", fallback: "" }),
  },

  async run(shell, call) {
    const { client: isClientOnly, output } = call.flags;
    // exact: kubectl
    if (!["", "json", "yaml"].includes(output))
      throw new Error("--output must be 'yaml' or 'json'");
    const server = isClientOnly
      ? undefined
      : await ask<Version>(await openSession(shell, call), { method: "GET", path: "/version" });
    const both = { clientVersion: client, ...(server ? { serverVersion: server } : {}) };
    if (output === "json") return shell.output.write(`${JSON.stringify(both, null, 2)}\n`);
    if (output === "yaml") return shell.output.write(formatYaml(both));
    shell.output.write(`Client Version: ${client.gitVersion}\n`);
    if (server) shell.output.write(`Server Version: ${server.gitVersion}\n`);
  },
});
