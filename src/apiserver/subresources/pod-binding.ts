/**
 * Binding: the scheduler's decision on which node a pod runs. Node name and condition are one write.
 * upstream: pkg/registry/core/pod/storage/storage.go#BindingREST
 */
import { Binding } from "#api/core/binding.ts";
import { withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError, badRequest } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import { formatTime } from "#base/clock.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import { created } from "./created.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

export const podBinding = defineSubresource({
  of: Pod,
  name: "binding",
  verbs: ["create"],
  methods: ["POST"],
  kind: "Binding",
  bodyKind: Binding,

  async serve(call: SubresourceCall): Promise<ApiResponse> {
    const { context, registry, how, ports } = call;
    const { name, namespace } = context.info;
    const binding = await call.body<Binding>();
    // exact: apiserver
    if (binding.metadata.name !== name)
      throw badRequest("name in URL does not match name in Binding object");
    checkBinding(binding);
    await call.admit("CREATE", binding);
    const now = ports.clock.now();
    await bindPod(registry, { namespace, binding: binding, now }, how);
    return created();
  },
});

/** Throws BadRequest with all that is wrong. */
export function checkBinding(binding: Binding): void {
  const errors = [...(Binding.validate?.(binding) ?? [])];
  const lines = errors.map(({ path, message }) => `${path}: ${message}`);
  if (lines.length > 0)
    throw badRequest(lines.length === 1 ? (lines[0] ?? "") : `[${lines.join(", ")}]`);
}

export interface Bound {
  readonly namespace: string;
  readonly binding: Binding;
  readonly now: number;
}

export async function bindPod(
  registry: Registry,
  { namespace, binding, now }: Bound,
  how: WriteContext,
): Promise<void> {
  const { metadata, target } = binding;
  const edit = (pod: Pod): Pod => {
    checkUnbound(pod, binding);
    const { annotations, labels } = metadata;
    const { nominatedNodeName: _nominated, ...status } = withPodCondition(
      pod.status,
      scheduled(now),
    );
    return {
      ...pod,
      metadata: {
        ...pod.metadata,
        ...(annotations ? { annotations: { ...pod.metadata.annotations, ...annotations } } : {}),
        ...(labels ? { labels: { ...pod.metadata.labels, ...labels } } : {}),
      },
      spec: { ...pod.spec, nodeName: target.name ?? "" },
      status,
    };
  };
  // As upstream, a binding makes nobody the owner of what it changes in the pod.
  const change = { part: "binding", edit, isTracked: true } as const;
  await registry.change(Pod, { namespace, name: metadata.name ?? "", ...change }, how);
}

const scheduled = (now: number) => ({
  type: "PodScheduled",
  status: "True",
  lastProbeTime: null,
  lastTransitionTime: formatTime(now),
});

/** exact: apiserver */
function checkUnbound({ metadata, spec }: Pod, { metadata: asked }: Binding): void {
  const { name = "", uid = "" } = metadata;
  if (asked.uid && asked.uid !== uid)
    throw refused(
      name,
      `Precondition failed: UID in precondition: ${asked.uid}, UID in object meta: ${uid}`,
    );
  if (metadata.deletionTimestamp)
    throw refused(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName)
    throw refused(name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec.schedulingGates?.length)
    throw refused(name, `pod ${name} has non-empty .spec.schedulingGates`);
}

const refused = (name: string, why: string): ApiError =>
  new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`,
    { details: { name, kind: "pods/binding" } },
  );
