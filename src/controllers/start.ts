/**
 * Starts the controllers in one process: each with its own identity and queue, all of them over
 * the same informers.
 */
import type { AnyKind } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import * as catalog from "./catalog.ts";
import { csrApprovingController } from "./certificates/approving.ts";
import type { CertificateSigner } from "./certificates/signer.ts";
import { csrSigningController } from "./certificates/signing.ts";
import { withCustomKinds } from "./custom-kinds.ts";
import { disruptionController } from "./disruption.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { horizontalPodAutoscalerController } from "./horizontal-pod-autoscaler.ts";
import { namespaceController } from "./namespace.ts";
import { nodeIpamController } from "./node-ipam.ts";
import { rootCaController } from "./root-ca.ts";
import { serviceAccountTokenController } from "./serviceaccount-token.ts";
import type { AnyController } from "./runtime/controller.ts";
import { runController } from "./runtime/run.ts";
import { taintEvictionController } from "./taint-eviction.ts";

export interface ControllersOptions {
  /** Every kind that is served: whatever is stored may have owners, and stand in a namespace. */
  readonly kinds: readonly AnyKind[];
  /** The certificates by which pods know the API server, in PEM. */
  readonly rootCa: string;
  /** All pods' addresses; one for each family. Absent: nodes get their ranges from elsewhere. */
  readonly clusterCidrs?: readonly string[];
  /** Signs what is approved; absent: nobody here does. */
  readonly signer?: CertificateSigner;
}

export interface StartOptions extends ControllersOptions {
  /** The service account in kube-system of that name. */
  readonly clientFor: (identity: string) => Client;
  /** The controllers' caches are filled through this one: `system:kube-controller-manager`. */
  readonly reader: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly signal: AbortSignal;
}

/** All of them, for whoever sets up their roles. */
export const allControllers = (options: ControllersOptions): readonly AnyController[] => [
  ...fixedControllers(options),
  ...controllersOfAll(options.kinds),
];

/** Custom resources are theirs, too. */
const controllersOfAll = (kinds: readonly AnyKind[]): readonly AnyController[] => [
  namespaceController(kinds),
  garbageCollector(kinds),
];

/** Those whose kinds are served: a feature gate may keep some out. */
const fixedControllers = (options: ControllersOptions): readonly AnyController[] =>
  builtInControllers(options).filter((controller) =>
    [controller.for].flat().every((kind) => !kind.gate || options.kinds.includes(kind)),
  );

const builtInControllers = (options: ControllersOptions): readonly AnyController[] => [
  ...Object.values(catalog),
  disruptionController(options.kinds),
  rootCaController(options.rootCa),
  serviceAccountTokenController(options.rootCa),
  horizontalPodAutoscalerController(),
  taintEvictionController(),
  ...(options.signer
    ? [csrApprovingController(options.signer), csrSigningController(options.signer)]
    : []),
  ...(options.clusterCidrs ? [nodeIpamController({ clusterCidrs: options.clusterCidrs })] : []),
];

/** Resolves when `signal` aborted and everything has come to rest; fails only on a bug. */
export async function startControllers(options: StartOptions): Promise<void> {
  const { reader, clientFor, clock, random, log, metrics, signal } = options;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  await using informers = new InformerSet({ client: reader, clock, random, log }, stopped);
  const ports = { informers, clock, random, log, signal: stopped, ...(metrics ? { metrics } : {}) };
  const run = (controller: AnyController, until: AbortSignal): Promise<void> => {
    const client = clientFor(controller.identity ?? controller.name);
    const running = metrics
      ?.gauge("running_managed_controllers", "Controllers that run here.", ["name", "manager"])
      .with(controller.name, "kube-controller-manager");
    running?.set(1);
    return runController(controller, { ...ports, client, signal: until }).finally(() =>
      running?.set(0),
    );
  };
  try {
    await Promise.all([
      ...fixedControllers(options).map((controller) => run(controller, stopped)),
      withCustomKinds(ports, (custom, until) => {
        const all = controllersOfAll([...options.kinds, ...custom]);
        return Promise.all(all.map((controller) => run(controller, until)));
      }),
    ]);
  } finally {
    // One that ends on a bug takes the others with it: half a control plane helps nobody.
    stop.abort();
  }
}
