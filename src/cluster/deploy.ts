/** Brings a project to life in a cluster that is up, and waits until it serves. */
import { Deployment } from "#api/apps/deployment.ts";
import { Secret } from "#api/core/secret.ts";
import { Service } from "#api/core/service.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import type { AnyKind } from "#api/kind.ts";
import { kindByName } from "#api/kind-by-name.ts";
import { minutes } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import type { Progress } from "#cli/progress.ts";
import { find } from "#client/find.ts";
import type { Launched, Machine } from "./launch.ts";
import { until } from "./processes.ts";
import type { Manifest, Project, SecretRecipe } from "./project.ts";

/** Where people reach what was deployed. */
export interface Deployed {
  readonly urls: readonly string[];
}

export async function deploy(
  project: Project,
  { machine, launched }: { machine: Machine; launched: Launched },
  progress: Progress,
): Promise<Deployed> {
  const { client, shelf } = launched;
  if (shelf && project.images.length > 0) {
    await progress.step("Images", async (say) => {
      for (const { name, folder, file, args } of project.images) {
        say(name);
        const built = await shelf.build({
          context: folder,
          dockerfile: file,
          reference: name,
          args,
        });
        if ("unsupported" in built)
          throw new Error(
            `${file}: ${built.unsupported}: use k8ts image build, which can call buildah`,
          );
      }
      say(`${project.images.length} built`);
    });
  }
  await progress.step("Objects", async (say) => {
    for (const secret of project.secrets) await ensureSecret(secret, { machine, client });
    for (const manifest of inOrder(project.manifests)) await apply(client, manifest);
    say(`${project.manifests.length + project.secrets.length} applied`);
  });
  await progress.step("Deployments", (say) =>
    deploymentsAreAvailable(project, { machine, client }, say),
  );
  // What is simulated has nobody who would answer.
  if (machine.settings.nodes === "simulated") return { urls: [] };
  return progress.step("Services", () => servicesAnswer(project, { machine, client }));
}

/** Namespaces and definitions before what needs them. */
const inOrder = (manifests: readonly Manifest[]): readonly Manifest[] =>
  manifests.toSorted((a, b) => rank(a) - rank(b));

const early: readonly string[] = [
  "Namespace",
  "CustomResourceDefinition",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
];
const rank = ({ kind }: Manifest): number =>
  early.includes(kind) ? early.indexOf(kind) : early.length;

export function kindOf(manifest: Manifest): AnyKind {
  const found = kindByName(manifest);
  if (found) return found;
  const { apiVersion, kind } = manifest;
  throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`); // exact: kubectl
}

export async function apply(client: Client, manifest: Manifest): Promise<void> {
  const kind = kindOf(manifest);
  const name = manifest.metadata.name ?? "";
  const namespace =
    kind.scope === "Namespaced" ? (manifest.metadata.namespace ?? "default") : undefined;
  await client.patch(kind, { namespace, name }, { is: "apply", object: manifest, force: true });
}

interface Place {
  readonly machine: Machine;
  readonly client: Client;
}

/** What exists stays: a secret that changed with every `up` would be none. */
async function ensureSecret(recipe: SecretRecipe, { machine, client }: Place): Promise<void> {
  const { name, namespace } = recipe;
  if (await find(Secret, { namespace, name }, { client })) return;
  const data = await contentOf(recipe, machine);
  await client.create(Secret, { metadata: { name, namespace }, type: "Opaque", data });
}

async function contentOf(
  { random = {}, certificate }: SecretRecipe,
  { settings, world }: Machine,
): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const [key, bytes] of Object.entries(random))
    data[key] = Buffer.from(world.random.bytes(bytes)).toString("base64");
  if (certificate) {
    const { selfSigned } = await import("./pki.ts");
    const names = [...certificate.names, settings.nodeName, settings.nodeAddress, "127.0.0.1"];
    const made = await selfSigned(names, world.clock.now());
    data[certificate.files.certificate] = Buffer.from(made.certificate).toString("base64");
    data[certificate.files.key] = Buffer.from(made.key).toString("base64");
  }
  return data;
}

async function deploymentsAreAvailable(
  { manifests }: Project,
  { machine, client }: Place,
  say: (detail: string) => void,
): Promise<void> {
  const { clock } = machine.world;
  for (const { kind, metadata } of manifests) {
    if (kind !== Deployment.kind) continue;
    const at = { namespace: metadata.namespace ?? "default", name: metadata.name ?? "" };
    say(at.name);
    const what = `deployment ${at.name} was not available`;
    await until(
      { clock, signal: machine.signal, what, timeoutMs: minutes(3), pollMs: 100 },
      async () => {
        const deployment = await client.get(Deployment, at);
        const { metadata: meta, spec, status } = deployment;
        const isSeen = (status.observedGeneration ?? 0) >= (meta.generation ?? 0);
        const isComplete = (status.updatedReplicas ?? 0) >= (spec.replicas ?? 1);
        const available = isConditionTrue(status.conditions, "Available");
        return isSeen && isComplete && available ? true : undefined;
      },
    );
  }
  say("all available");
}

async function servicesAnswer(
  { manifests }: Project,
  { machine, client }: Place,
): Promise<Deployed> {
  const urls: string[] = [];
  for (const { kind, metadata } of manifests) {
    if (kind !== Service.kind) continue;
    const at = { namespace: metadata.namespace ?? "default", name: metadata.name ?? "" };
    for (const url of urlsOf(await client.get(Service, at), machine)) {
      await answers(url, at.name, machine);
      urls.push(url);
    }
  }
  return { urls };
}

/** Where a service is reached from outside of the cluster; nowhere for most. */
function urlsOf({ spec }: Service, { settings }: Machine): readonly string[] {
  if (spec.type !== "LoadBalancer" && spec.type !== "NodePort") return [];
  return (spec.ports ?? []).map(({ name, port, nodePort = 0 }) => {
    const number = spec.type === "NodePort" ? nodePort : port;
    const scheme = name === "https" || number === 443 ? "https" : "http";
    const isUsual = number === (scheme === "https" ? 443 : 80);
    return `${scheme}://${settings.nodeAddress}${isUsual ? "" : `:${number}`}/`;
  });
}

async function answers(url: string, service: string, { world, signal }: Machine): Promise<void> {
  const what = `${url} (service ${service}) did not answer`;
  await until({ clock: world.clock, signal, what, pollMs: 100 }, async () => {
    const answer = await world.http.call({ method: "GET", url, tls: { insecure: true } });
    for await (const _ of answer.body);
    return answer.status < 500 ? true : undefined;
  });
}
