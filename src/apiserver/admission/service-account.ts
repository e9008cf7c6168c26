/**
 * Every pod runs as a service account, and finds its token, the cluster's CA and its namespace
 * under /var/run/secrets/kubernetes.io/serviceaccount.
 * upstream: plugin/pkg/admission/serviceaccount/admission.go
 */
import { unsaidExpirationSeconds } from "#api/authentication/tokenrequest.ts";
import type { Container } from "#api/core/container.ts";
import { isMirrorPod } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { type Clock, sleep } from "#base/clock.ts";
import { newSuffix, type Random } from "#base/random.ts";
import type { Draft } from "#schema/struct.ts";
import { podReferences } from "../authz/pod-references.ts";
import { type Admission, type AdmissionRequest, refused } from "./admission.ts";

export interface ServiceAccountOptions {
  readonly clock: Clock;
  readonly random: Random;
}

type Request = AdmissionRequest<Pod>;

export const serviceAccount = ({ clock, random }: ServiceAccountOptions): Admission<Pod> =>
  Object.freeze({
    name: "ServiceAccount",
    on: [Pod],
    when: ["CREATE"] as const,

    async mutate(pod: Draft<Pod>, request: Request) {
      // A mirror pod only shows what a kubelet runs by itself: nothing may be added to it.
      if (isMirrorPod(pod)) {
        checkMirror(pod as Pod, request);
        return;
      }
      pod.spec.serviceAccountName ||= defaultName;
      const account = await existing(pod.spec.serviceAccountName, request, clock);
      if (wantsToken(pod, account)) mountToken(pod, random);
      if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets)
        pod.spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
    },
  });

const defaultName = "default";

/** A node could otherwise read, through a mirror pod, what no pod of it may. exact: apiserver */
function checkMirror(pod: Pod, request: Request): void {
  if (pod.spec.serviceAccountName)
    throw refused(request, "a mirror pod may not reference service accounts");
  if (podReferences(pod).secrets.size > 0)
    throw refused(request, "a mirror pod may not reference secrets");
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken))
    throw refused(request, "a mirror pod may not use ServiceAccountToken volume projections");
}

/** A new namespace's default account is made by a controller, which may take a moment. */
const attemptsMax = 10;
const attemptDelayMs = 150;

async function existing(name: string, request: Request, clock: Clock): Promise<ServiceAccount> {
  const attempts = name === defaultName ? attemptsMax : 1;
  const { signal } = new AbortController();
  for (let attempt = 1; ; attempt++) {
    const found = request.reader.get(ServiceAccount, request.namespace, name)?.object;
    if (found) return found;
    if (attempt >= attempts) throw missing(name, request);
    await sleep(clock, attemptDelayMs, signal);
  }
}

const missing = (name: string, request: Request): Error =>
  refused(
    request,
    `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );

const wantsToken = ({ spec }: Draft<Pod>, account: ServiceAccount): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

const volumePrefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Containers that mount something there themselves are left alone. */
function mountToken({ spec }: Draft<Pod>, random: Random): void {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].filter(
    (container) => !container.volumeMounts?.some((mount) => mount.mountPath === mountPath),
  );
  if (containers.length === 0) return;
  // A webhook may have added containers since the volume was made.
  const made = spec.volumes?.find((volume) => volume.name.startsWith(volumePrefix))?.name;
  const name = made ?? volumePrefix + newSuffix(random);
  for (const container of containers) addMount(container, name);
  if (made === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function addMount(container: Draft<Container>, name: string): void {
  const mount = { name, readOnly: true, mountPath };
  container.volumeMounts = [...(container.volumeMounts ?? []), mount];
}

const tokenVolume = (name: string): Draft<Volume> => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: unsaidExpirationSeconds, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [
            {
              path: "namespace",
              fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
            },
          ],
        },
      },
    ],
    defaultMode: 0o644,
  },
});
