/** A whole server whose webhooks are functions, and the configurations that name them. */
import type { ApiError } from "#api/errors.ts";
import type { Method } from "#api/request.ts";
import {
  type Call,
  type SecureServer,
  startSecureServer,
} from "#apiserver/subresources/testing.ts";
import type { Loose } from "#apiserver/testing.ts";
import { type WebhookFunction, webhookFunctions } from "./functions.ts";

export interface HookedServer extends SecureServer {
  /** What a request was refused with. */
  readonly refused: (method: Method, target: string, call?: Call) => Promise<ApiError>;
  /** Configures one webhook for config maps, changed as said, in a configuration of that name. */
  readonly configure: (type: HookType, name: string, change?: object) => Promise<Loose>;
}

type HookType = "mutating" | "validating";

/** Each function is the webhook `<name>.test.k8ts.io` of the configuration that names it. */
export async function startHooked(
  functions: Readonly<Record<string, WebhookFunction>> = {},
): Promise<HookedServer> {
  const byUrl = Object.entries(functions).map(([name, decide]) => [urlOf(name), decide] as const);
  const server = await startSecureServer({ webhooks: webhookFunctions(Object.fromEntries(byUrl)) });
  return { ...server, ...waysOf(server) };
}

export function waysOf(server: SecureServer): Pick<HookedServer, "refused" | "configure"> {
  return {
    configure: (type, name, change = {}) => {
      const webhooks = [{ ...hook(name), ...change }];
      return server.ask("POST", configurations(type), { body: { metadata: { name }, webhooks } });
    },
    refused: async (method, target, call) => {
      try {
        await server.ask(method, target, call);
      } catch (cause) {
        return cause as ApiError;
      }
      throw new Error(`${method} ${target} was not refused`);
    },
  };
}

export const urlOf = (name: string): string => `https://${name}.test.k8ts.io/decide`;

export const configurations = (type: HookType): string =>
  `/apis/admissionregistration.k8s.io/v1/${type}webhookconfigurations`;

export const rule = (change: object = {}): object => ({
  operations: ["CREATE", "UPDATE"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["configmaps"],
  ...change,
});

export const hook = (name: string): object => ({
  name: `${name}.test.k8ts.io`,
  clientConfig: { url: urlOf(name) },
  rules: [rule()],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
});

export const configMaps = "/api/v1/namespaces/default/configmaps";

export const configMap = (name: string, more: object = {}): Call => ({
  body: { metadata: { name }, ...more },
});

/** Adds a key to the data of a config map. */
export const adding =
  (key: string): WebhookFunction =>
  ({ object }) => ({
    allowed: true,
    patch: object.data
      ? [{ op: "add", path: `/data/${key}`, value: "yes" }]
      : [{ op: "add", path: "/data", value: { [key]: "yes" } }],
  });

export const denying =
  (message: string): WebhookFunction =>
  () => ({ allowed: false, status: { message } });
