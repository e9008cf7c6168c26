/** What the machine must have before a cluster can run on it, and how to get what is missing. */
import { access, constants, readFile } from "node:fs/promises";
import { runOrThrow, type Processes } from "#base/processes.ts";

export interface Part {
  readonly name: string;
  /** One of these must be there. */
  readonly paths: readonly string[];
  /** The Debian package that brings it. */
  readonly package: string;
}

const inPath = (program: string): string[] =>
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(
    (folder) => `${folder}/${program}`,
  );

export const cniFolders = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

export const runtimeParts: readonly Part[] = [
  { name: "containerd", paths: inPath("containerd"), package: "containerd" },
  { name: "runc", paths: inPath("runc"), package: "runc" },
];

export const networkParts: readonly Part[] = [
  {
    name: "CNI plugins",
    paths: cniFolders.map((folder) => `${folder}/bridge`),
    package: "containernetworking-plugins",
  },
  { name: "nftables", paths: inPath("nft"), package: "nftables" },
  { name: "iproute2", paths: inPath("ip"), package: "iproute2" },
  { name: "conntrack", paths: inPath("conntrack"), package: "conntrack" },
  // The portmap plugin (hostPort) drives iptables; Debian's is the nftables one.
  { name: "iptables", paths: inPath("iptables"), package: "iptables" },
];

async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (cause) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      return false;
    throw cause;
  }
}

export async function missingParts(parts: readonly Part[]): Promise<readonly Part[]> {
  const found = await Promise.all(
    parts.map(async ({ paths }) => (await Promise.all(paths.map(exists))).includes(true)),
  );
  return parts.filter((_, at) => !found[at]);
}

/** Why real containers cannot run here, in one sentence; undefined when they can. */
export function obstacle(): string | undefined {
  if (process.platform !== "linux")
    return `real containers need Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0)
    return "real containers need root: namespaces, mounts and network rules are set up";
  if (!["x64", "arm64"].includes(process.arch))
    return `real containers need an x64 or arm64 machine, and this is ${process.arch}`;
  return undefined;
}

/** The command that installs the parts; undefined where we do not know the system. */
export async function installCommand(parts: readonly Part[]): Promise<string[] | undefined> {
  if (!(await isDebian())) return undefined;
  const packages = [...new Set(parts.map((part) => part.package))];
  return ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
}

async function isDebian(): Promise<boolean> {
  try {
    const release = await readFile("/etc/os-release", "utf8");
    return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(release);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}

const aptEnv = { DEBIAN_FRONTEND: "noninteractive" };

/** Installs; when that fails, once more after refreshing the package lists. */
export async function install(command: readonly string[], processes: Processes): Promise<void> {
  const [program = "", ...args] = command;
  const first = await processes.run({ program, args, env: aptEnv });
  if (first.code === 0) return;
  await runOrThrow(processes, { program, args: ["update"], env: aptEnv });
  await runOrThrow(processes, { program, args, env: aptEnv });
}
