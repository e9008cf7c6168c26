/** What is written into a claim's status once devices were found for it. */
import type { NodeSelector, NodeSelectorRequirement } from "#api/core/node-selector.ts";
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
} from "#api/resource/resourceclaim.ts";
import { AllocationError, type ClaimTask, type Pick } from "./allocator.ts";

export function resultOf(task: ClaimTask, picks: readonly Pick[]): AllocationResult {
  const nodeSelector = nodeSelectorOf(picks);
  const config = configOf(task, picks);
  return {
    devices: {
      results: picks.map(deviceOf),
      ...(config.length > 0 ? { config } : {}),
    },
    ...(nodeSelector ? { nodeSelector } : {}),
  };
}

const deviceOf = ({ wanted, known }: Pick): DeviceRequestAllocationResult => ({
  request: wanted.name,
  driver: known.pool.driver,
  pool: known.pool.name,
  device: known.device.name,
  ...(wanted.adminAccess ? { adminAccess: true } : {}),
  ...(wanted.tolerations.length > 0 ? { tolerations: wanted.tolerations } : {}),
});

/** First what classes say, then what the claim says, which drivers take for the last word. */
function configOf({ claim, requests }: ClaimTask, picks: readonly Pick[]) {
  const chosen = requests.flatMap((alternatives) => {
    const met = alternatives.find((wanted) => picks.some((pick) => pick.wanted === wanted));
    return met ? [met] : [];
  });
  const byClass = Map.groupBy(chosen, ({ deviceClass }) => deviceClass);
  const configs = [...byClass].flatMap(([deviceClass, wanted]) =>
    (deviceClass.spec.config ?? []).map(({ opaque }): DeviceAllocationConfiguration => ({
      source: "FromClass",
      requests: wanted.map(({ name }) => name),
      ...(opaque ? { opaque } : {}),
    })),
  );
  for (const { requests: of = [], opaque } of claim.spec.devices?.config ?? []) {
    const isMeant = chosen.some(({ name, request }) => of.includes(name) || of.includes(request));
    if (of.length === 0 || isMeant)
      configs.push({ source: "FromClaim", requests: of, ...(opaque ? { opaque } : {}) });
  }
  // None stands for all.
  return configs.map(({ requests: of = [], ...config }) =>
    of.length === 0 || of.length === requests.length ? config : { ...config, requests: of },
  );
}

/** Where a pod has to be to use the devices; undefined for anywhere. */
function nodeSelectorOf(picks: readonly Pick[]): NodeSelector | undefined {
  const matchFields: NodeSelectorRequirement[] = [];
  const matchExpressions: NodeSelectorRequirement[] = [];
  for (const { known } of picks) {
    const { slice, device } = known;
    const { nodeName, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName) return onNode(nodeName);
    const [term, ...more] = nodeSelector?.nodeSelectorTerms ?? [];
    // exact: kube-scheduler
    if (more.length > 0)
      throw new AllocationError(
        `unsupported ResourceSlice.NodeSelector with ${more.length + 1} terms`,
      );
    addNew(matchFields, term?.matchFields);
    addNew(matchExpressions, term?.matchExpressions);
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined;
  const fields = matchFields.length > 0 ? { matchFields } : {};
  const expressions = matchExpressions.length > 0 ? { matchExpressions } : {};
  return { nodeSelectorTerms: [{ ...fields, ...expressions }] };
}

const onNode = (name: string): NodeSelector => ({
  nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
});

function addNew(
  to: NodeSelectorRequirement[],
  from: readonly NodeSelectorRequirement[] = [],
): void {
  const keyOf = ({ key, operator, values = [] }: NodeSelectorRequirement): string =>
    JSON.stringify([key, operator, values.toSorted()]);
  for (const requirement of from)
    if (!to.some((known) => keyOf(known) === keyOf(requirement))) to.push(requirement);
}
