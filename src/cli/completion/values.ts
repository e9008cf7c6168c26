/** Names that only a cluster or the kubeconfig knows. Who cannot be reached has none to offer. */
import type { Call, Shell } from "../command.ts";
import { namesIn } from "../config/entries.ts";
import { openConfig } from "../config/files.ts";
import { findType } from "../resources/arguments.ts";
import { listObjects } from "../resources/objects.ts";
import { namespaceFor } from "../resources/select.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { openSession } from "../session.ts";
import type { Values } from "./candidates.ts";

/** Nobody waits longer after a Tab. */
const patienceMs = 2_000;

export const valuesFrom = (shell: Shell, call: Call): Values => ({
  types: () =>
    quietly(shell, async (patient) => {
      const discovered = await (await openSession(patient, call)).discovered();
      const listed = discovered.resources.filter(({ kind }) => kind.verbs.includes("list"));
      return listed.map(({ kind, isPreferred }) =>
        isPreferred && discovered.find(kind.plural)?.kind === kind
          ? kind.plural
          : `${kind.plural}.${kind.group}`,
      );
    }),

  names: (type) =>
    quietly(shell, async (patient) => {
      const session = await openSession(patient, call);
      const resource = findType(await session.discovered(), type);
      const namespace = namespaceFor(session, resource);
      const objects = await listObjects(session, resource, { namespace });
      return objects.map(({ metadata }) => metadata.name ?? "");
    }),

  entries: (list) =>
    quietly(shell, async () => namesIn((await openConfig(shell, call.flags)).merged, list)),
});

/** A failure must not write between the user's words: it offers nothing. */
async function quietly(
  shell: Shell,
  work: (shell: Shell) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  using limit = timeLimit(shell.clock, patienceMs, shell.signal);
  const [result] = await Promise.allSettled([work({ ...shell, signal: limit.signal })]);
  return result.status === "fulfilled" ? result.value : [];
}
