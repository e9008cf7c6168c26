/** Containers, of pods with what became of them, of templates without. */
import type {
  Container,
  ResourceRequirements,
  VolumeDevice,
  VolumeMount,
} from "#api/core/container.ts";
import type { ContainerState, ContainerStatus } from "#api/core/pod-status.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Probe } from "#api/core/probe.ts";
import { describeEnvironment } from "./environment.ts";
import { bracketed, orNone, type Page, yesNo } from "./page.ts";
import { formatMoment } from "./times.ts";

/** Of all sorts: the ephemeral ones have most of it. */
type AnyContainer = Omit<Container, "restartPolicy">;

export interface Containers {
  /** Those of templates stand one step to the right. */
  readonly indent: "" | "  ";
  readonly title: string;
  readonly containers: readonly AnyContainer[];
  readonly statuses?: readonly ContainerStatus[] | undefined;
  readonly pod?: Pod;
}

// exact: kubectl, the texts of this file
export function describeContainers(page: Page, group: Containers): void {
  const { indent, title, containers, statuses = [], pod } = group;
  page.line(0, `${indent}${title}:${containers.length === 0 ? " <none>" : ""}`);
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    page.line(1, `${indent.slice(1)}${container.name}:`);
    describeImage(page, container, status);
    describePorts(page, container);
    describeSeccomp(page, container);
    describeWords(page, "Command:", container.command);
    describeWords(page, "Args:", container.args);
    if (status) describeState(page, status);
    describeResources(page, 2, container.resources);
    describeProbes(page, container);
    describeEnvironment(page, container, pod);
    describeMounts(page, container);
  }
}

function describeImage(page: Page, { image = "" }: AnyContainer, status?: ContainerStatus): void {
  if (status) page.line(2, "Container ID:", status.containerID ?? "");
  page.line(2, "Image:", image);
  if (status) page.line(2, "Image ID:", status.imageID);
}

function describePorts(page: Page, { ports = [] }: AnyContainer): void {
  const texts = (numberOf: (port: (typeof ports)[number]) => number): string =>
    ports
      .map((port) => {
        const text = `${numberOf(port)}/${port.protocol ?? "TCP"}`;
        return port.name ? `${text} (${port.name})` : text;
      })
      .join(", ");
  const plural = ports.length > 1 ? "s" : "";
  page.line(2, `Port${plural}:`, orNone(texts(({ containerPort }) => containerPort)));
  page.line(2, `Host Port${plural}:`, orNone(texts(({ hostPort }) => hostPort ?? 0)));
}

function describeSeccomp(page: Page, { securityContext }: AnyContainer): void {
  const profile = securityContext?.seccompProfile;
  if (!profile) return;
  page.line(2, "SeccompProfile:", profile.type);
  page.optional(3, "LocalhostProfile:", profile.localhostProfile);
}

function describeWords(page: Page, title: string, words: readonly string[] = []): void {
  if (words.length === 0) return;
  page.line(2, title);
  for (const line of words.flatMap((word) => word.split("\n"))) page.line(3, line);
}

function describeState(page: Page, status: ContainerStatus): void {
  describeOneState(page, "State:", status.state);
  if (status.lastState.terminated) describeOneState(page, "Last State:", status.lastState);
  page.line(2, "Ready:", yesNo(status.ready));
  page.line(2, "Restart Count:", status.restartCount);
}

function describeOneState(page: Page, title: string, state: ContainerState): void {
  const { running, terminated, waiting } = state;
  if (running) {
    page.line(2, title, "Running");
    page.line(3, "Started:", formatMoment(running.startedAt));
  } else if (terminated) {
    page.line(2, title, "Terminated");
    page.optional(3, "Reason:", terminated.reason);
    page.optional(3, "Message:", terminated.message);
    page.line(3, "Exit Code:", terminated.exitCode);
    page.optional(3, "Signal:", terminated.signal || undefined);
    page.line(3, "Started:", formatMoment(terminated.startedAt));
    page.line(3, "Finished:", formatMoment(terminated.finishedAt));
  } else {
    page.line(2, title, "Waiting");
    page.optional(3, "Reason:", waiting?.reason);
  }
}

export function describeResources(
  page: Page,
  level: number,
  resources: Pick<ResourceRequirements, "limits" | "requests"> | undefined,
): void {
  describeAmounts(page, level, { title: "Limits:", amounts: resources?.limits });
  describeAmounts(page, level, { title: "Requests:", amounts: resources?.requests });
}

interface Amounts {
  readonly title: string;
  readonly amounts: Readonly<Record<string, string>> | undefined;
}

export function describeAmounts(page: Page, level: number, { title, amounts = {} }: Amounts): void {
  const names = Object.keys(amounts).toSorted();
  if (names.length > 0) page.line(level, title);
  for (const name of names) page.line(level + 1, `${name}:`, amounts[name] ?? "");
}

function describeProbes(page: Page, container: AnyContainer): void {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (livenessProbe) page.line(2, "Liveness:", probeText(livenessProbe));
  if (readinessProbe) page.line(2, "Readiness:", probeText(readinessProbe));
  if (startupProbe) page.line(2, "Startup:", probeText(startupProbe));
}

export function probeText(probe: Probe): string {
  const { initialDelaySeconds: delay = 0, timeoutSeconds = 0, periodSeconds = 0 } = probe;
  const { successThreshold = 0, failureThreshold = 0 } = probe;
  const times = `delay=${delay}s timeout=${timeoutSeconds}s period=${periodSeconds}s`;
  return `${actionText(probe)} ${times} #success=${successThreshold} #failure=${failureThreshold}`;
}

function actionText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec) return `exec ${bracketed(exec.command)}`;
  if (httpGet) {
    const { scheme = "HTTP", host = "", port, path = "" } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ""}` : "unknown";
}

function describeMounts(page: Page, { volumeMounts = [], volumeDevices = [] }: AnyContainer): void {
  if (volumeMounts.length === 0) page.line(2, "Mounts:", "<none>");
  else page.line(2, "Mounts:");
  for (const mount of sortedBy(volumeMounts, ({ mountPath }) => mountPath))
    page.line(3, mountText(mount));
  if (volumeDevices.length === 0) return;
  page.line(2, "Devices:");
  const path = ({ devicePath }: VolumeDevice): string => devicePath;
  for (const device of sortedBy(volumeDevices, path))
    page.line(3, `${device.devicePath} from ${device.name}`);
}

function mountText({ mountPath, name, readOnly, subPath }: VolumeMount): string {
  const flags = [readOnly ? "ro" : "rw", ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
  return `${mountPath} from ${name} (${flags.join(",")})`;
}

const sortedBy = <T>(items: readonly T[], key: (item: T) => string): readonly T[] =>
  items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
