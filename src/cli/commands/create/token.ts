/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create_token.go */
import type { TokenRequest } from "#api/authentication/tokenrequest.ts";
import { ApiError } from "#api/errors.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { defineCommand } from "#cli/command.ts";
import { nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";
import { choosePrinter, outputFlags } from "#cli/print/printer.ts";
import type { Manifest } from "#cli/resources/manifest.ts";
import { openSession, type Session } from "#cli/session.ts";

const boundKinds: Readonly<Record<string, string>> = { Pod: "v1", Secret: "v1", Node: "v1" };

export const createToken = defineCommand({
  name: "create token",
  usage: "SERVICE_ACCOUNT",
  summary: "Print a new token for a service account",
  examples: ["k8ts create token robot --duration=10m"],
  group: "basic",
  flags: {
    ...outputFlags,
    audience: flag.list("whom the token is for; may be repeated", { value: "NAME", whole: true }),
    duration: flag.duration("how long it should be good for", { fallback: 0 }),
    "bound-object-kind": flag.text("it ends with an object of this kind", {
      value: "Pod|Secret|Node",
      fallback: "",
    }),
    "bound-object-name": flag.text("it ends with the object of this name", {
      value: "NAME",
      fallback: "",
    }),
    "bound-object-uid": flag.text("and this UID", { value: "UID", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const spec = specOf(call.flags);
    const session = await openSession(shell, call);
    const print = await choosePrinter(call.flags, shell);
    const request = await requestToken(session, name, spec);
    shell.output.write(print ? print(request as unknown as Manifest) : `${request.status.token}\n`);
  },
});

async function requestToken(session: Session, name: string, spec: object): Promise<TokenRequest> {
  const at = { namespace: session.namespace, name, subresource: "token" };
  const object = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  try {
    return await session.client.createSub<TokenRequest>(ServiceAccount, at, { object });
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new Error(`failed to create token: ${cause.message}`, { cause }); // exact: kubectl
  }
}

interface TokenFlags {
  readonly audience: readonly string[];
  readonly duration: number;
  readonly "bound-object-kind": string;
  readonly "bound-object-name": string;
  readonly "bound-object-uid": string;
}

// exact: kubectl, the messages
function specOf({ audience, duration, ...bound }: TokenFlags): object {
  if (duration < 0) throw new Error("--duration must be greater than or equal to 0");
  if (duration % 1000 !== 0)
    throw new Error("--duration cannot be expressed in units less than seconds");
  return {
    ...(audience.length > 0 ? { audiences: audience } : {}),
    ...(duration > 0 ? { expirationSeconds: duration / 1000 } : {}),
    ...boundTo(bound),
  };
}

function boundTo(bound: Omit<TokenFlags, "audience" | "duration">): object {
  const kind = bound["bound-object-kind"];
  const name = bound["bound-object-name"];
  const uid = bound["bound-object-uid"];
  if (kind === "") {
    if (name !== "")
      throw new Error("--bound-object-name can only be set if --bound-object-kind is provided");
    if (uid !== "")
      throw new Error("--bound-object-uid can only be set if --bound-object-kind is provided");
    return {};
  }
  const apiVersion = boundKinds[kind];
  if (!apiVersion)
    throw new Error(
      `supported --bound-object-kind values are ${Object.keys(boundKinds).toSorted().join(", ")}`,
    );
  if (name === "")
    throw new Error("--bound-object-name is required if --bound-object-kind is provided");
  return { boundObjectRef: { apiVersion, kind, name, ...(uid === "" ? {} : { uid }) } };
}
