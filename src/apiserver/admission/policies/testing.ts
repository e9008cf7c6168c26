/** A whole server with policies, and the manifests of policies and bindings. */
import { ConfigMap } from "#api/core/configmap.ts";
import type { ApiError } from "#api/errors.ts";
import type { Method } from "#api/request.ts";
import {
  admin,
  type Call,
  type SecureServer,
  type SecureServerOptions,
  startSecureServer,
} from "#apiserver/subresources/testing.ts";
import { objectOf } from "../testing.ts";

export type PolicyType = "validating" | "mutating";

export interface PoliciesServer extends SecureServer {
  /** What a request was refused with. */
  readonly refused: (method: Method, target: string, call?: Call) => Promise<ApiError>;
  /** Writes a policy of that name and a binding called `<name>-binding`. */
  readonly bind: (type: PolicyType, name: string, parts: Parts) => Promise<void>;
  /** What is noted for the audit log, and the warnings, when a config map is created. */
  readonly notesOf: (name: string) => Promise<Noted>;
}

interface Noted {
  readonly annotations: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export interface Parts {
  readonly spec: object;
  readonly binding?: object;
}

export const registration = "/apis/admissionregistration.k8s.io/v1";

export const policies = (type: PolicyType): string => `${registration}/${type}admissionpolicies`;

export const configMaps = "/api/v1/namespaces/default/configmaps";
export const deployments = "/apis/apps/v1/namespaces/default/deployments";

export const configMap = (name: string, more: object = {}): Call => ({
  body: { metadata: { name }, ...more },
});

export const deployment = (name: string, replicas: number, more: object = {}): Call => ({
  body: {
    metadata: { name, ...more },
    spec: {
      replicas,
      selector: { matchLabels: { app: "a" } },
      template: {
        metadata: { labels: { app: "a" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
    },
  },
});

export const rule = (change: object = {}): object => ({
  operations: ["CREATE", "UPDATE"],
  apiGroups: ["*"],
  apiVersions: ["*"],
  resources: ["configmaps", "deployments"],
  ...change,
});

/** About config maps and deployments, unless it says otherwise. */
const withRules = (spec: object): object => ({
  matchConstraints: { resourceRules: [rule()] },
  ...spec,
});

const bindingDefaults = { validating: { validationActions: ["Deny"] }, mutating: {} } as const;
const policyDefaults = { validating: {}, mutating: { reinvocationPolicy: "Never" } } as const;

export async function startPolicies(options: SecureServerOptions = {}): Promise<PoliciesServer> {
  const server = await startSecureServer(options);
  const { ask } = server;
  return {
    ...server,
    bind: async (type, name, { spec, binding = {} }) => {
      const whole = { ...policyDefaults[type], ...withRules(spec) };
      await ask("POST", policies(type), { body: { metadata: { name }, spec: whole } });
      await ask("POST", `${registration}/${type}admissionpolicybindings`, {
        body: {
          metadata: { name: `${name}-binding` },
          spec: { policyName: name, ...bindingDefaults[type], ...binding },
        },
      });
    },
    refused: async (method, target, call) => {
      try {
        await ask(method, target, call);
      } catch (cause) {
        return cause as ApiError;
      }
      throw new Error(`${method} ${target} was not refused`);
    },
    notesOf: async (name) => {
      const annotations = new Map<string, string>();
      const warnings: string[] = [];
      const object = objectOf(ConfigMap, { metadata: { name, namespace: "default" } });
      await server.server.registry.create(ConfigMap, object, {
        user: admin,
        fieldManager: "me",
        dryRun: false,
        warnings,
        waiting: new AbortController(),
        annotations,
      });
      return { annotations: Object.fromEntries(annotations), warnings };
    },
  };
}
