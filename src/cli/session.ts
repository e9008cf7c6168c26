/** What most commands work with: the connection, the namespace, and what the server serves. */
import type { Client } from "#client/client.ts";
import { type Discovered, discover } from "#client/discovery.ts";
import type { Shell } from "./command.ts";

export interface Session {
  readonly shell: Shell;
  readonly client: Client;
  readonly namespace: string;
  /** `-n` was given: objects that name another namespace are refused. */
  readonly isNamespaceGiven: boolean;
  readonly server: string;
  /** Asks the server the first time. */
  readonly discovered: () => Promise<Discovered>;
}

export async function openSession(
  shell: Shell,
  call: { readonly given: ReadonlySet<string> },
): Promise<Session> {
  const { client, namespace, server } = await shell.cluster();
  let discovered: Promise<Discovered> | undefined;
  return {
    shell,
    client,
    namespace,
    server,
    isNamespaceGiven: call.given.has("namespace"),
    discovered: () => (discovered ??= discover(client, shell.signal)),
  };
}
