/** `GET /containerLogs/{namespace}/{pod}/{container}`. */
import type { ContainerStatus } from "#api/core/pod-status.ts";
import { findContainerStatus } from "#api/core/pod-conditions.ts";
import type { HttpRequest, HttpResponse } from "#base/http.ts";
import { type LogOptions, readLog } from "../logs/read-log.ts";
import { findById, nothingRuns } from "../pod/observed.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { Refusal } from "./answers.ts";
import type { ServedPod, ServerWorkshop } from "./facts.ts";

export interface LogRequest {
  readonly workshop: ServerWorkshop;
  readonly worker: ServedPod;
  readonly container: string;
  readonly query: URLSearchParams;
}

export function containerLogs(
  { workshop, worker, container, query }: LogRequest,
  request: HttpRequest,
): HttpResponse {
  const { pod } = worker.state;
  const podName = worker.state.name;
  // exact: kubelet
  if (!pod || !findContainer(pod, container))
    throw new Refusal(
      404,
      `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(podName)}\n`,
    );
  const status = findContainerStatus(pod, container);
  const names = `container ${JSON.stringify(container)} in pod ${JSON.stringify(podName)}`;
  const id = instanceOf(status, names, query.get("previous") === "true");
  const path = findById(worker.state.runtime ?? nothingRuns, id)?.logPath;
  if (!path) throw new Refusal(400, `unable to retrieve container logs for containerd://${id}`);
  const source = {
    disk: workshop.disk,
    clock: workshop.clock,
    path,
    isWritten: () => findById(worker.state.runtime ?? nothingRuns, id)?.state === "running",
    mayHaveEnded: (signal: AbortSignal) => worker.observed(signal),
    signal: request.signal,
  };
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: readLog(source, optionsOf(query, workshop.clock.now())),
  };
}

/**
 * The instance whose log is meant; or why there is none yet. exact: kubelet
 * upstream: pkg/kubelet/kubelet_pods.go#validateContainerLogStatus
 */
export function instanceOf(
  status: ContainerStatus | undefined,
  names: string,
  isPrevious: boolean,
): string {
  if (!status) throw new Refusal(400, `${names} is not available`);
  const last = status.lastState.terminated?.containerID;
  if (isPrevious) {
    if (!last) throw new Refusal(400, `previous terminated ${names} not found`);
    return bare(last);
  }
  const { running, terminated, waiting } = status.state;
  const current = running ? status.containerID : terminated?.containerID;
  const id = current || last;
  if (id) return bare(id);
  if (terminated) throw new Refusal(400, `${names} is terminated`);
  throw new Refusal(400, `${names} is waiting to start: ${reasonText(waiting?.reason ?? "")}`);
}

const bare = (id: string): string => id.slice(id.indexOf("://") + "://".length);

function reasonText(reason: string): string {
  if (reason === "ErrImagePull") return "image can't be pulled";
  return reason === "ImagePullBackOff" ? "trying and failing to pull image" : reason;
}

function optionsOf(query: URLSearchParams, nowMs: number): LogOptions {
  const numberOf = (name: string): number | undefined => {
    const value = query.get(name);
    if (value === null || value === "") return undefined;
    const number = Number(value);
    if (Number.isInteger(number) && number >= 0) return number;
    throw new Refusal(422, `${name}: Invalid value: ${JSON.stringify(value)}`);
  };
  const [tailLines, limitBytes, sinceSeconds] = [
    numberOf("tailLines"),
    numberOf("limitBytes"),
    numberOf("sinceSeconds"),
  ];
  const sinceTime = query.get("sinceTime");
  const sinceMs = sinceTime
    ? Date.parse(sinceTime)
    : sinceSeconds === undefined
      ? undefined
      : nowMs - sinceSeconds * 1_000;
  const stream = { Stdout: "stdout", Stderr: "stderr" }[query.get("stream") ?? ""];
  return {
    timestamps: query.get("timestamps") === "true",
    follow: query.get("follow") === "true",
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(stream === "stdout" || stream === "stderr" ? { stream } : {}),
  };
}
