/** What is known about this machine. */
import { readFile } from "node:fs/promises";
import { arch, availableParallelism, hostname, networkInterfaces, release } from "node:os";

export interface SystemFacts {
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  /** Absent where the system does not say which processors share one, as on most ARM machines. */
  readonly physicalCores?: number;
  readonly sockets?: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  /** As in PRETTY_NAME of os-release. */
  readonly osImage: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
  readonly operatingSystem: string;
  /** Those that others reach this machine at; the one of the default route first. */
  readonly addresses: readonly string[];
}

export interface InterfaceAddress {
  readonly device: string;
  readonly address: string;
  /** The prefix length. */
  readonly bits: number;
  readonly version: 4 | 6;
  readonly isInternal: boolean;
}

export async function systemFacts(): Promise<SystemFacts> {
  const [memory, machineId, systemUuid, bootId, osRelease, addresses, cpus] = await Promise.all([
    memoryNow(),
    firstText("/etc/machine-id", "/var/lib/dbus/machine-id"),
    firstText("/sys/class/dmi/id/product_uuid", "/sys/hypervisor/uuid", "/etc/machine-id"),
    firstText("/proc/sys/kernel/random/boot_id"),
    firstText("/etc/os-release", "/usr/lib/os-release"),
    reachableAddresses(),
    firstText("/proc/cpuinfo"),
  ]);
  return {
    ...parseTopology(cpus),
    hostname: hostname().toLowerCase(),
    cpus: availableParallelism(),
    memoryBytes: memory.totalBytes,
    swapBytes: memory.swapBytes,
    machineId,
    systemUuid: systemUuid.toLowerCase(),
    bootId,
    kernelVersion: release(),
    osImage: prettyName(osRelease),
    architecture: goArchitecture(arch()),
    operatingSystem: process.platform,
    addresses,
  };
}

/** From /proc/cpuinfo: a paragraph per processor. */
export function parseTopology(text: string): Pick<SystemFacts, "physicalCores" | "sockets"> {
  const all = text.split("\n\n").map((processor) => ({
    socket: /^physical id\s*:\s*(\d+)$/m.exec(processor)?.[1],
    core: /^core id\s*:\s*(\d+)$/m.exec(processor)?.[1],
  }));
  const known = all.filter(({ socket, core }) => socket !== undefined && core !== undefined);
  if (known.length === 0) return {};
  return {
    physicalCores: new Set(known.map(({ socket, core }) => `${socket}/${core}`)).size,
    sockets: new Set(known.map(({ socket }) => socket)).size,
  };
}

export interface MemoryNow {
  readonly totalBytes: number;
  /** What programs could still get without swapping. */
  readonly availableBytes: number;
  readonly swapBytes: number;
}

export async function memoryNow(): Promise<MemoryNow> {
  const text = await firstText("/proc/meminfo");
  const bytes = (name: string): number =>
    1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return {
    totalBytes: bytes("MemTotal"),
    availableBytes: bytes("MemAvailable"),
    swapBytes: bytes("SwapTotal"),
  };
}

export interface ProcessIdsNow {
  /** Threads among them: they take ids from the same store. */
  readonly used: number;
  readonly max: number;
}

/** Fails where there is no /proc. */
export async function processIdsNow(): Promise<ProcessIdsNow> {
  const [load, pidMax, threadsMax] = await Promise.all([
    readFile("/proc/loadavg", "utf8"),
    readFile("/proc/sys/kernel/pid_max", "utf8"),
    readFile("/proc/sys/kernel/threads-max", "utf8"),
  ]);
  const used = Number(/\d+\/(\d+)/.exec(load)?.[1] ?? 0);
  return { used, max: Math.min(Number(pidMax), Number(threadsMax)) };
}

/** All addresses of all devices that are up. */
export const interfaceAddresses = (): readonly InterfaceAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
    addresses.map(({ address, cidr, family, internal }) => ({
      device,
      address,
      bits: Number(cidr?.split("/")[1] ?? 0),
      version: family === "IPv6" ? 6 : 4,
      isInternal: internal,
    })),
  );

/** The device that leads out of here; undefined when there is no way out. */
export async function defaultRouteDevice(): Promise<string | undefined> {
  const [v4, v6] = await Promise.all([
    firstText("/proc/net/route"),
    firstText("/proc/net/ipv6_route"),
  ]);
  return parseDefaultRoute(v4) ?? parseDefaultRouteV6(v6);
}

interface Route {
  readonly device: string;
  readonly metric: number;
}

/** From /proc/net/route: device, destination, gateway, flags, -, -, metric, mask. */
export function parseDefaultRoute(text: string): string | undefined {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  const routes = rows
    .filter((row) => row[1] === "00000000" && row[7] === "00000000" && isUp(row[3]))
    .map((row): Route => ({ device: row[0] ?? "", metric: Number(row[6]) }));
  return cheapest(routes);
}

/** From /proc/net/ipv6_route: destination, its bits, …, metric, -, -, flags, device. */
export function parseDefaultRouteV6(text: string): string | undefined {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  const routes = rows
    .filter((row) => /^0{32}$/.test(row[0] ?? "") && row[1] === "00" && isUp(row[8]))
    .map((row): Route => ({ device: row[9] ?? "", metric: Number.parseInt(row[5] ?? "", 16) }))
    .filter(({ device }) => device !== "lo");
  return cheapest(routes);
}

/** RTF_UP and not RTF_REJECT. */
const isUp = (flags = "0"): boolean => (Number.parseInt(flags, 16) & 0x0201) === 1;

const cheapest = (routes: readonly Route[]): string | undefined =>
  routes.toSorted((a, b) => a.metric - b.metric)[0]?.device;

/** Bridges and tunnels of a pod network are not where others reach this machine. */
const ownDevice = /^(lo|cni|docker|veth|cbr|flannel|cali|tunl|vxlan|virbr|br-|kube|k8ts)/;

async function reachableAddresses(): Promise<readonly string[]> {
  const main = await defaultRouteDevice();
  const usable = interfaceAddresses().filter(
    ({ device, address, isInternal }) =>
      !isInternal && !ownDevice.test(device) && !address.startsWith("fe80:"),
  );
  const rank = ({ device, version }: InterfaceAddress): number =>
    (device === main ? 0 : 2) + (version === 4 ? 0 : 1);
  return usable.toSorted((a, b) => rank(a) - rank(b)).map(({ address }) => address);
}

/** The content of the first file that can be read; empty when there is none. */
async function firstText(...paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    try {
      return (await readFile(path, "utf8")).trim();
    } catch {
      continue; // Not every machine has every file, and some are root's alone.
    }
  }
  return "";
}

const prettyName = (osRelease: string): string =>
  /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(osRelease)?.[2] ?? "";

const goNames: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

const goArchitecture = (name: string): string => goNames[name] ?? name;
