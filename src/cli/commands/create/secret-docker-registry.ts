import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { readKeyValues } from "#cli/create/key-values.ts";
import { secretOf } from "#cli/create/secret.ts";
import { flag } from "#cli/flags.ts";

const key = ".dockerconfigjson";

export const createSecretDockerRegistry = defineCommand({
  name: "create secret docker-registry",
  usage: "NAME --docker-username=USER --docker-password=PASSWORD [--docker-server=URL]",
  summary: "Create a secret with which images are pulled",
  examples: [
    "k8ts create secret docker-registry pull --docker-server=registry.example --docker-username=ann --docker-password=x",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    "docker-server": flag.text("the registry", {
      value: "URL",
      fallback: "https://index.docker.io/v1/",
    }),
    "docker-username": flag.text("the user", { value: "NAME", fallback: "" }),
    "docker-password": flag.text("the user's password", { value: "TEXT", fallback: "" }),
    "docker-email": flag.text("the user's address", { value: "ADDRESS", fallback: "" }),
    "from-file": flag.list("a file in Docker's format instead", {
      value: "[KEY=]PATH",
      whole: true,
    }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const given = call.flags;
    const files = given["from-file"].map((file) => (file.includes("=") ? file : `${key}=${file}`));
    const sources = { "from-file": files, "from-literal": [], "from-env-file": [] };
    const values =
      files.length > 0
        ? await readKeyValues(shell, sources, `Secret "${name}"`)
        : new Map([[key, loginOf(given)]]);
    await create(shell, call, () => secretOf(name, values, "kubernetes.io/dockerconfigjson"));
  },
});

interface Login {
  readonly "docker-server": string;
  readonly "docker-username": string;
  readonly "docker-password": string;
  readonly "docker-email": string;
}

function loginOf(login: Login): Uint8Array {
  const username = login["docker-username"];
  const password = login["docker-password"];
  const email = login["docker-email"];
  // exact: kubectl
  if (username === "" || password === "")
    throw new Error(
      "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
    );
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  const entry = { username, password, ...(email === "" ? {} : { email }), auth };
  return Buffer.from(JSON.stringify({ auths: { [login["docker-server"]]: entry } }));
}
