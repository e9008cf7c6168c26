/** What the API server needs from outside. Whoever composes the cluster hands it in. */
import type { PodPlacement } from "#api/core/pod-placement.ts";
import type { Pod } from "#api/core/pod.ts";
import type { FeatureGates } from "#api/feature-gates.ts";
import type { Clock } from "#base/clock.ts";
import type { HttpClient, TlsIdentity } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Auditor } from "./audit/record.ts";
import type { WebhookClient } from "./admission/webhooks/client.ts";
import type { ServiceUrl } from "./service-url.ts";
import type { Authenticator } from "./authn/authenticator.ts";
import type { Authorizer } from "./authz/authorizer.ts";
import type { TokenIssuer } from "./authn/authenticator.ts";
import type { KubeletDialer } from "./subresources/kubelet-dialer.ts";

export interface ServerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** For webhooks, aggregated APIs and proxies. */
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Signs service account tokens. */
  readonly tokens: TokenIssuer;
  readonly kubelets: KubeletDialer;
  /** Where a Service is reached; through its cluster IP unless said. */
  readonly serviceUrl?: ServiceUrl;
  /** By what extension servers know that it is this server who passes requests on. */
  readonly frontProxy?: () => TlsIdentity;
  /** Calls admission webhooks; over `http` unless said. */
  readonly webhooks?: WebhookClient;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** Keeps the audit log; there is none without. */
  readonly auditor?: Auditor;
  /** Why a pod has no node, or the one it has; undefined when nobody knows. */
  readonly explainPod?: (pod: Pod) => PodPlacement | undefined;
}
