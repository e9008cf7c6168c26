/**
 * Quotas: how much of what a namespace may use. The quota's `used` is written in the commit of the
 * object that uses it, on the condition that the quota has not changed: two writers can never both
 * get the last piece, and what a deletion frees is free with the deletion.
 * differs: upstream writes the quota first, and a controller corrects what then was not used, or is
 * used no more; a new quota is also enforced at once here, not when a controller has counted.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
 */
import { Pod } from "#api/core/pod.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { type Amounts, amountsOf, resourceListOf } from "#api/core/resources.ts";
import { type AnyKind, type ApiObject, storageKey } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import type { Quantity } from "#base/quantity.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { type AdmissionRequest, type Claim, defineAdmission, refused } from "../admission.ts";
import { recount } from "./recount.ts";
import { concerns } from "./scopes.ts";
import { count, measuredKinds, unsaid, usageOf } from "./usage.ts";

export const resourceQuota = defineAdmission<ApiObject>({
  name: "ResourceQuota",
  when: ["CREATE", "DELETE"],
  claim: (draft, request) =>
    request.operation === "CREATE"
      ? charge(draft, undefined, request)
      : charge(undefined, draft, request),
});

export const resourceQuotaOfChanges = defineAdmission<ApiObject>({
  name: "ResourceQuota",
  on: measuredKinds,
  when: ["UPDATE"],
  subresources: ["resize", "status"],
  claim: (draft, request) => charge(draft, request.old, request),
});

/**
 * A quota's own status, when its limits are set or changed. Whoever writes the status himself may
 * say what is allowed until the quota's controller takes that back, but never what is used.
 */
export const resourceQuotaStatus = defineAdmission<ResourceQuota>({
  name: "ResourceQuota",
  on: [ResourceQuota],
  when: ["CREATE", "UPDATE"],
  subresources: ["status"],
  isClaimEditing: true,
  claim(draft, { reader, subresource }) {
    const quota = draft as ResourceQuota;
    const hard = subresource === "status" ? quota.status.hard : quota.spec.hard;
    if (quota.spec.hard)
      draft.status = {
        ...(hard ? { hard: { ...hard } } : {}),
        used: resourceListOf(recount(quota, reader)),
      };
    return [];
  },
});

/** Events come and go in numbers that nobody plans. */
const ignored: ReadonlySet<string> = new Set(["events"]);

const noClaims: readonly Claim[] = [];

function charge(
  now: ApiObject | undefined,
  before: ApiObject | undefined,
  request: AdmissionRequest,
): readonly Claim[] {
  const { kind, namespace, reader } = request;
  if (kind.scope === "Cluster" || ignored.has(kind.plural)) return noClaims;
  const quotas = reader.list(ResourceQuota, namespace);
  if (quotas.length === 0) return noClaims;
  return quotas.flatMap((quota) => {
    // What a quota counts of itself is written with itself.
    if (kind === ResourceQuota && quota.object.metadata.name === request.name) return [];
    const change = changeOf(quota.object, kind, { now, before });
    if (change.size === 0) return [];
    if (now && kind === Pod && !before) refuseUnsaid(now as Pod, quota.object, request);
    return claimOf(quota, grow(quota.object, change, request));
  });
}

interface Step {
  readonly now: ApiObject | undefined;
  readonly before: ApiObject | undefined;
}

/** By how much the use of each of the quota's names changes; names without a change are left out. */
function changeOf(quota: ResourceQuota, kind: AnyKind, { now, before }: Step): Amounts {
  const hard = quota.status.hard ?? quota.spec.hard ?? {};
  const usage = (object: ApiObject | undefined): Amounts =>
    object && concerns(quota, kind, object) ? usageOf(kind, object) : new Map();
  const [after, until] = [usage(now), usage(before)];
  const change = new Map<string, Quantity>();
  for (const name of Object.keys(hard)) {
    const difference = (after.get(name) ?? count(0)).sub(until.get(name) ?? count(0));
    if (!difference.isZero()) change.set(name, difference);
  }
  return change;
}

function refuseUnsaid(pod: Pod, quota: ResourceQuota, request: AdmissionRequest): void {
  const problem = unsaid(pod, Object.keys(quota.status.hard ?? {}));
  if (problem === undefined) return;
  throw refused(request, `failed quota: ${quota.metadata.name}: ${problem}`);
}

/** The new use, or the refusal. exact: apiserver */
function grow(
  { metadata, status }: ResourceQuota,
  change: Amounts,
  request: AdmissionRequest,
): Record<string, string> {
  const used = amountsOf(status.used);
  const hard = amountsOf(status.hard);
  const wanted = [...change].filter(([, amount]) => amount.sign() > 0);
  const unknown = wanted.map(([name]) => name).filter((name) => !used.has(name));
  if (unknown.length > 0)
    throw refused(
      request,
      `status unknown for quota: ${metadata.name}, resources: ${unknown.sort().join(",")}`,
    );
  const over = wanted.filter(([name, amount]) => {
    const limit = hard.get(name);
    return limit && (used.get(name) ?? count(0)).add(amount).compare(limit) > 0;
  });
  if (over.length > 0) {
    const names = over.map(([name]) => name).sort();
    throw refused(
      request,
      `exceeded quota: ${metadata.name}, requested: ${shown(names, change)}, used: ${shown(names, used)}, limited: ${shown(names, hard)}`,
    );
  }
  return resourceListOf(
    new Map([...used].map(([name, amount]) => [name, plus(amount, change.get(name))])),
  );
}

/** Never below nothing, should the count have been wrong before. */
function plus(amount: Quantity, change: Quantity | undefined): Quantity {
  const sum = change ? amount.add(change) : amount;
  return sum.sign() < 0 ? count(0) : sum;
}

const shown = (names: readonly string[], amounts: Amounts): string =>
  names.map((name) => `${name}=${amounts.get(name)?.format() ?? "0"}`).join(",");

function claimOf(
  { object, revision }: Sealed<ResourceQuota>,
  used: Record<string, string>,
): readonly Claim[] {
  const quota: Draft<ResourceQuota> = draftOf(object);
  quota.status.used = used;
  const { namespace = "", name = "" } = object.metadata;
  return [
    {
      key: storageKey(ResourceQuota, namespace, name),
      value: { kind: ResourceQuota, object: quota },
      revision,
    },
  ];
}
