/**
 * A value in a kubeconfig by its path: `current-context`, `contexts.dev.namespace`.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/navigation_step_parser.go
 */
import type { Kubeconfig } from "#client/kubeconfig.ts";
import { type Entry, isListName, type ListName, namesIn } from "./entries.ts";

export type Property =
  | { readonly is: "current" }
  | { readonly is: "list"; readonly list: ListName }
  | {
      readonly is: "field";
      readonly list: ListName;
      readonly name: string;
      /** Undefined: the whole entry. */
      readonly field: string | undefined;
    };

const texts: Readonly<Record<ListName, readonly string[]>> = {
  clusters: [
    "server",
    "tls-server-name",
    "certificate-authority",
    "certificate-authority-data",
    "proxy-url",
  ],
  contexts: ["cluster", "user", "namespace"],
  users: [
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "as",
    "as-uid",
    "username",
    "password",
  ],
};

const truths: ReadonlySet<string> = new Set(["insecure-skip-tls-verify", "disable-compression"]);

const isField = (list: ListName, name: string): boolean =>
  texts[list].includes(name) || (list === "clusters" && truths.has(name));

/** Names may have dots: one that is known, or one that is followed by a known field, is meant. */
export function parseProperty(config: Kubeconfig, text: string): Property {
  if (text === "current-context") return { is: "current" };
  const [list = "", ...rest] = text.split(".");
  if (!isListName(list)) throw new Error(`unable to parse ${text} after [] at api.Config`); // exact: kubectl
  if (rest.length === 0) return { is: "list", list };
  const path = rest.join(".");
  const known = namesIn(config, list).find(
    (name) =>
      path === name || (path.startsWith(`${name}.`) && isField(list, path.slice(name.length + 1))),
  );
  const last = rest.at(-1) ?? "";
  const isNew = known === undefined && rest.length > 1 && isField(list, last);
  const name = known ?? (isNew ? rest.slice(0, -1).join(".") : path);
  const field = path === name ? undefined : path.slice(name.length + 1);
  return { is: "field", list, name, field };
}

/** exact: Go, the message */
export function valueOf(field: string, text: string): unknown {
  if (!truths.has(field)) return text;
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

export function withoutField(entry: Entry, field: string): Entry {
  const { [field]: _gone, ...rest } = entry;
  return rest;
}
