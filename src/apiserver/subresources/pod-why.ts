/**
 * `GET …/pods/NAME/why`: why a pod has no node, or the one it has. The scheduler knows; whoever composes
 * the cluster says where it is. differs: upstream has no such subresource.
 */
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import { bytesAnswer } from "../responses.ts";
import { podOf } from "./kubelet-target.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

const notHere =
  "no scheduler is at work in this control plane: of several, the one that holds the lease kube-system/kube-scheduler answers";

export const podWhy = defineSubresource({
  of: Pod,
  name: "why",
  verbs: ["get"],
  methods: ["GET"],
  kind: "PodPlacement",
  groupVersion: { group: "k8ts.io", version: "v1" },

  async serve(call: SubresourceCall): Promise<ApiResponse> {
    const placement = call.ports.explainPod?.(podOf(call));
    if (!placement) throw new ApiError("ServiceUnavailable", notHere);
    return bytesAnswer(Buffer.from(`${JSON.stringify(placement)}\n`), "application/json");
  },
});
