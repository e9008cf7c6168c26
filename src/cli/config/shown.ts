/** The kubeconfig as it is shown: complete but for what is secret, or too long to be of use. */
import type { Kubeconfig } from "#client/kubeconfig.ts";
import { type Entry, entryKeys, findEntry, type ListName, namesIn } from "./entries.ts";

const data = "DATA+OMITTED"; // exact: kubectl
const secret = "REDACTED"; // exact: kubectl

const hidden: Readonly<Record<string, string>> = {
  "certificate-authority-data": data,
  "client-certificate-data": data,
  "client-key-data": data,
  token: secret,
  password: secret,
};

const withoutSecrets = (entry: Entry): Entry =>
  Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, value ? (hidden[name] ?? value) : value]),
  );

/** Every entry made anew. */
export function mapEntries(
  config: Kubeconfig,
  change: (entry: Entry, list: ListName) => Entry,
): Kubeconfig {
  const lists = Object.keys(entryKeys) as ListName[];
  const changed = lists.map((list) => [
    list,
    namesIn(config, list).map((name) => ({
      name,
      [entryKeys[list]]: change(findEntry(config, list, name) ?? {}, list),
    })),
  ]);
  return { ...config, ...Object.fromEntries(changed) };
}

export const redacted = (config: Kubeconfig): Kubeconfig => mapEntries(config, withoutSecrets);

/** Only what the current context needs. */
export function minified(config: Kubeconfig): Kubeconfig {
  const current = config["current-context"];
  // exact: kubectl, the messages
  if (current === "") throw new Error("current-context must exist in order to minify");
  const context = findEntry(config, "contexts", current);
  if (!context) throw new Error(`cannot locate context ${current}`);
  return {
    ...config,
    contexts: config.contexts.filter(({ name }) => name === current),
    clusters: config.clusters.filter(({ name }) => name === context["cluster"]),
    users: config.users.filter(({ name }) => name === context["user"]),
  };
}

/** exact: kubectl, which prints an empty list as null and leaves empty preferences out. */
export function plain({ preferences, ...config }: Kubeconfig): Entry {
  const isEmpty = Object.keys((preferences as object | undefined) ?? {}).length === 0;
  const lists = Object.entries(config).map(([name, value]) => [
    name,
    Array.isArray(value) && value.length === 0 ? null : value,
  ]);
  return { ...Object.fromEntries(lists), ...(isEmpty ? {} : { preferences }) };
}
