/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/set_credentials.go */
import { type Call, defineCommand, type Shell } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { certificates } from "#cli/config/embedded.ts";
import { compact, type Entry } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";
import { flag } from "#cli/flags.ts";

const flags = {
  "client-certificate": flag.text("the file with the certificate", { value: "FILE" }),
  "client-key": flag.text("the file with its key", { value: "FILE" }),
  "embed-certs": flag.switch("take certificate and key into the kubeconfig"),
  token: flag.text("a bearer token", { value: "TOKEN" }),
  username: flag.text("a name, for basic authentication", { value: "NAME" }),
  password: flag.text("the password with it", { value: "PASSWORD" }),
} as const;

const fields = ["client-certificate", "client-key", "token", "username", "password"] as const;

export const configSetCredentials = defineCommand({
  name: "config set-credentials",
  usage: "NAME [flags]",
  summary: "Make or change a user of the kubeconfig",
  examples: [
    "k8ts config set-credentials robot --token=$(k8ts create token robot)",
    "k8ts config set-credentials me --client-certificate=me.crt --client-key=me.key --embed-certs",
  ],
  group: "settings",
  flags,

  async run(shell, call) {
    const [name] = theArguments(call.args, 1);
    const { token, username, password } = call.flags;
    // exact: kubectl, the messages
    if (token && (username || password))
      throw new Error(
        "you cannot specify more than one authentication method at the same time: --token, --username/--password",
      );
    const files = await openConfig(shell, call.flags);
    const before = files.find("users", name) ?? {};
    const entry = await changed(shell, before, call);
    await files.change({ list: "users", name, entry });
    shell.output.write(`User "${name}" set.\n`);
  },
});

async function changed(
  shell: Shell,
  before: Entry,
  { flags: given, given: names }: Call<typeof flags>,
): Promise<Entry> {
  const asked = fields
    .filter((name) => names.has(name))
    .map((name) => [name, given[name]] as const);
  const change: Entry = Object.fromEntries(asked);
  const content = await certificates(shell, change, given["embed-certs"]);
  const superseded = asked.flatMap(([name]) => supersedes[name]);
  const gone = Object.fromEntries(superseded.map((name) => [name, undefined]));
  return compact({ ...before, ...gone, ...content });
}

/** What a user can no longer have who gets this. */
const supersedes: Readonly<Record<(typeof fields)[number], readonly string[]>> = {
  "client-certificate": ["client-certificate", "client-certificate-data"],
  "client-key": ["client-key", "client-key-data"],
  token: ["username", "password"],
  username: ["token"],
  password: ["token"],
};
