/** `kubectl logs`: what a container wrote, as its kubelet has it. */
import { PodLogOptions } from "#api/core/connect-options.ts";
import { Pod } from "#api/core/pod.ts";
import { dropDisabledFields } from "#api/disabled-fields.ts";
import { invalidObject } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { validateStruct } from "#schema/validate.ts";
import { textAnswer } from "../responses.ts";
import { serveLogSocket } from "../streaming/log-socket.ts";
import { isWebSocketRequest } from "../streaming/websocket.ts";
import { connectOptions } from "./connect-query.ts";
import { refusalOf, unreachable } from "./kubelet-answer.ts";
import { containerOf, kubeletPath, nodeOf, podOf } from "./kubelet-target.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

export const podLog = defineSubresource({
  of: Pod,
  name: "log",
  verbs: ["get"],
  methods: ["GET"],
  kind: "Pod",

  async serve(call: SubresourceCall): Promise<ApiResponse> {
    const { context, ports } = call;
    const { info, request } = context;
    const options = optionsOf(info.name, request.query);
    const pod = podOf(call);
    const container = containerOf(pod, options.container);
    // exact: apiserver. What runs nowhere yet has written nothing.
    if (!pod.spec.nodeName) return textAnswer("");
    const path = kubeletPath(
      ["containerLogs", info.namespace, info.name, container],
      kubeletQuery(options),
    );
    const answer = await ports.kubelets
      .call(nodeOf(call, pod), path, { method: "GET", signal: request.signal })
      .catch((cause: unknown) => {
        throw unreachable(cause);
      });
    if (answer.status !== 200) throw await refusalOf(answer, info);
    if (isWebSocketRequest(request)) return serveLogSocket(request, answer.body);
    return { status: 200, body: { is: "stream", contentType: "text/plain", chunks: answer.body } };
  },
});

/** Throws Invalid. */
function optionsOf(name: string, query: URLSearchParams): PodLogOptions {
  const options = connectOptions(PodLogOptions, query);
  dropDisabledFields(PodLogOptions, options);
  const errors = [...validateStruct(PodLogOptions, options)];
  if (errors.length === 0) return options;
  throw invalidObject({ group: "", kind: "PodLogOptions" } as AnyKind, name, errors);
}

const passedOn = [
  "follow",
  "previous",
  "sinceSeconds",
  "sinceTime",
  "timestamps",
  "tailLines",
  "limitBytes",
  "stream",
] as const;

function kubeletQuery(options: PodLogOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of passedOn) {
    const value = options[name];
    if (value !== undefined && value !== false) query.set(name, String(value));
  }
  return query;
}
