/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/set_cluster.go */
import { type Call, defineCommand, type Shell } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { certificates } from "#cli/config/embedded.ts";
import { compact, type Entry } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";
import { flag } from "#cli/flags.ts";

const flags = {
  server: flag.text("the address of its API server", { value: "URL" }),
  "certificate-authority": flag.text("the file with its CA's certificate", { value: "FILE" }),
  "embed-certs": flag.switch("take the certificate into the kubeconfig"),
  "insecure-skip-tls-verify": flag.switch("do not check the server's certificate"),
  "tls-server-name": flag.text("the name in the server's certificate", { value: "NAME" }),
  "proxy-url": flag.text("the proxy to reach it through", { value: "URL" }),
} as const;

export const configSetCluster = defineCommand({
  name: "config set-cluster",
  usage: "NAME [flags]",
  summary: "Make or change a cluster of the kubeconfig",
  examples: [
    "k8ts config set-cluster lab --server=https://10.0.0.1:6443 --certificate-authority=ca.crt",
  ],
  group: "settings",
  flags,

  async run(shell, call) {
    const [name] = theArguments(call.args, 1);
    const files = await openConfig(shell, call.flags);
    const before = files.find("clusters", name) ?? {};
    const entry = await changed(shell, before, call);
    await files.change({ list: "clusters", name, entry: { server: "", ...entry } });
    shell.output.write(`Cluster "${name}" set.\n`); // exact: kubectl
  },
});

async function changed(shell: Shell, before: Entry, call: Call<typeof flags>): Promise<Entry> {
  const { "embed-certs": embeds, ...fields } = call.flags;
  checkTrust(call);
  const asked = Object.keys(flags).filter((name) => name !== "embed-certs" && call.given.has(name));
  const change: Entry = Object.fromEntries(
    asked.map((name) => [name, fields[name as keyof typeof fields] || undefined]),
  );
  const files = await certificates(shell, change, embeds);
  // Trusting a CA and trusting everybody exclude each other, as do a file and its content.
  const isTrusting = change["insecure-skip-tls-verify"] === true;
  const hasCa = call.given.has("certificate-authority");
  return compact({
    ...before,
    ...(isTrusting || hasCa ? noCa : {}),
    ...(hasCa ? { "insecure-skip-tls-verify": undefined } : {}),
    ...files,
  });
}

const noCa = { "certificate-authority": undefined, "certificate-authority-data": undefined };

// exact: kubectl, the messages
function checkTrust({ flags: given }: Call<typeof flags>): void {
  const ca = given["certificate-authority"] ?? "";
  if (given["insecure-skip-tls-verify"] && ca !== "")
    throw new Error(
      "you cannot specify a certificate authority and insecure mode at the same time",
    );
  if (given["embed-certs"] && ca === "")
    throw new Error("you must specify a --certificate-authority to embed");
}
