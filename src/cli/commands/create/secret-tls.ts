import { createPrivateKey, X509Certificate } from "node:crypto";
import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { secretOf } from "#cli/create/secret.ts";
import { flag } from "#cli/flags.ts";
import { readBytes } from "#cli/resources/files.ts";

export const createSecretTls = defineCommand({
  name: "create secret tls",
  usage: "NAME --cert=PATH --key=PATH",
  summary: "Create a secret that holds a certificate and its key",
  examples: ["k8ts create secret tls web --cert=tls.crt --key=tls.key"],
  group: "basic",
  flags: {
    ...creationFlags,
    cert: flag.text("the certificate, in PEM", { value: "PATH", fallback: "" }),
    key: flag.text("its private key, in PEM", { value: "PATH", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    // exact: kubectl
    if (call.flags.cert === "" || call.flags.key === "")
      throw new Error("key and cert must be specified");
    const certificate = await readBytes(shell, call.flags.cert);
    const key = await readBytes(shell, call.flags.key);
    check(certificate, key);
    const values = new Map([
      ["tls.crt", certificate],
      ["tls.key", key],
    ]);
    await create(shell, call, () => secretOf(name, values, "kubernetes.io/tls"));
  },
});

// exact: kubectl, the messages
function check(certificate: Uint8Array, key: Uint8Array): void {
  const parsed = parsedOr(certificate, "certificate", (pem) => new X509Certificate(pem));
  const privateKey = parsedOr(key, "key", (pem) => createPrivateKey(Buffer.from(pem)));
  if (!parsed.checkPrivateKey(privateKey))
    throw new Error("tls: private key does not match public key");
}

function parsedOr<T>(pem: Uint8Array, what: string, parse: (pem: Uint8Array) => T): T {
  try {
    return parse(pem);
  } catch (cause) {
    throw new Error(`tls: failed to find any PEM data in ${what} input`, { cause });
  }
}
