/** What users do to a cluster, in a run that is drawn from a seed. All of it can be done again. */
import { Deployment } from "#api/apps/deployment.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Job } from "#api/batch/job.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import type { AnyKind, Kind } from "#api/kind.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { below, pick, type Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { configurationKind, configurationOf, type WebhookStep } from "./webhooks.ts";

/** As data: whoever replays a run does the same. */
export type Step =
  | {
      readonly is: "deployment";
      readonly at: At;
      readonly replicas: number;
      readonly version: number;
    }
  | { readonly is: "statefulset"; readonly at: At; readonly replicas: number }
  | { readonly is: "job"; readonly at: At; readonly completions: number }
  | { readonly is: "budget"; readonly at: At; readonly minAvailable: number }
  | { readonly is: "quota"; readonly at: At; readonly pods: number }
  | { readonly is: "delete"; readonly what: Deletable; readonly at: At; readonly policy: Policy }
  /** Of the pods that there are then, the one at this place. */
  | { readonly is: "evict" | "kill"; readonly place: number }
  | { readonly is: "cordon"; readonly node: string; readonly isOn: boolean }
  | WebhookStep;

interface At {
  readonly namespace: string;
  readonly name: string;
}

type Deletable = "deployment" | "statefulset" | "job" | "namespace";
type Policy = "Background" | "Foreground" | "Orphan";

export const namespaces = ["default", "team"] as const;
const names = ["a", "b", "c"] as const;
const policies = ["Background", "Background", "Foreground"] as const;
const deletable = ["deployment", "deployment", "statefulset", "job", "namespace"] as const;

export function drawStep(random: Random, nodes: readonly string[]): Step {
  const at = { namespace: pick(random, namespaces), name: pick(random, names) };
  const replicas = below(random, 6);
  switch (below(random, 11)) {
    case 0:
    case 1:
    case 2:
      return { is: "deployment", at, replicas, version: below(random, 3) };
    case 3:
      return { is: "statefulset", at, replicas: below(random, 4) };
    case 4:
      return { is: "job", at, completions: 1 + below(random, 4) };
    case 5:
      return { is: "budget", at, minAvailable: below(random, 3) };
    case 6:
      return { is: "quota", at: { ...at, namespace: "team" }, pods: 2 + below(random, 8) };
    case 7:
      return { is: "delete", what: pick(random, deletable), at, policy: pick(random, policies) };
    case 8:
      return { is: "evict", place: random.next() };
    case 9:
      return { is: "kill", place: random.next() };
    default:
      return {
        is: "cordon",
        node: nodes[below(random, nodes.length)] ?? "",
        isOn: below(random, 2) > 0,
      };
  }
}

/** Throws what the API says, if it refuses. */
export async function perform(step: Step, client: Client): Promise<void> {
  switch (step.is) {
    case "deployment":
      return apply(client, Deployment, deploymentOf(step.at, step));
    case "statefulset":
      return apply(client, StatefulSet, statefulSetOf(step.at, step.replicas));
    case "job":
      return void (await client.create(Job, jobOf(step.at, step.completions) as never));
    case "budget":
      return apply(client, PodDisruptionBudget, budgetOf(step.at, step.minAvailable));
    case "quota":
      return apply(client, ResourceQuota, quotaOf(step.at, step.pods));
    case "delete":
      return remove(client, step);
    case "evict":
    case "kill":
      return disrupt(client, step);
    case "cordon":
      return cordon(client, step);
    case "webhook":
      return registerWebhook(client, step);
    default:
      return step satisfies never;
  }
}

async function apply(client: Client, kind: AnyKind, object: Manifest): Promise<void> {
  const { namespace, name } = object.metadata;
  await client.patch(kind as Kind, { namespace, name }, { is: "apply", object, force: true });
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: At;
  readonly spec: object;
}

const kindsOf: Readonly<Record<Exclude<Deletable, "namespace">, AnyKind>> = {
  deployment: Deployment,
  statefulset: StatefulSet,
  job: Job,
};

async function remove(client: Client, step: Step & { is: "delete" }): Promise<void> {
  const { what, at, policy } = step;
  if (what !== "namespace") return client.delete(kindsOf[what], at, { propagationPolicy: policy });
  if (at.namespace !== "default") await client.delete(Namespace, { name: at.namespace });
}

async function disrupt(client: Client, { is, place }: Step & { place: number }): Promise<void> {
  const { items } = await client.list(Pod);
  const pod = items[Math.floor(place * items.length)];
  if (!pod) return;
  const { namespace, name = "" } = pod.metadata;
  if (is === "kill") return client.delete(Pod, { namespace, name });
  const object = { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace, name } };
  await client.createSub(Pod, { namespace, name, subresource: "eviction" }, { object });
}

async function cordon(client: Client, { node, isOn }: Step & { is: "cordon" }): Promise<void> {
  const change = { spec: { unschedulable: isOn || null } };
  await client.patch(Node, { name: node }, { is: "merge", change });
}

async function registerWebhook(client: Client, step: WebhookStep): Promise<void> {
  const kind = configurationKind(step) as Kind;
  const object = configurationOf(step);
  const at = { name: object.metadata.name };
  if (step.isGone) await client.delete(kind, at);
  else await client.patch(kind, at, { is: "apply", object, force: true });
}

const container = { name: "app", image: "app:1", resources: { requests: { cpu: "100m" } } };

function deploymentOf(metadata: At, { replicas, version }: { replicas: number; version: number }) {
  const labels = { app: metadata.name, by: "deployment" };
  const containers = [{ ...container, image: `app:${version}` }];
  const template = { metadata: { labels }, spec: { containers } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function statefulSetOf(metadata: At, replicas: number): Manifest {
  const labels = { app: metadata.name, by: "statefulset" };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const spec = { serviceName: "", replicas, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec };
}

function jobOf({ namespace, name }: At, completions: number): Manifest {
  const containers = [{ ...container, image: "work:1" }];
  const template = { spec: { restartPolicy: "Never", containers } };
  const spec = { completions, parallelism: 2, template };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { namespace, name }, spec };
}

function budgetOf(metadata: At, minAvailable: number): Manifest {
  const spec = { minAvailable, selector: { matchLabels: { app: metadata.name } } };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec };
}

const quotaOf = ({ namespace }: At, pods: number): Manifest => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { namespace, name: "quota" },
  spec: { hard: { pods: String(pods) } },
});
