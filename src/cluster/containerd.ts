/** Our own containerd: its configuration, and the few things we ask of it outside CRI. */
import { runOrThrow, type Processes } from "#base/processes.ts";

export interface ContainerdPaths {
  /** Images and snapshots: survives reboots. */
  readonly root: string;
  /** Sockets and running containers: gone at boot. */
  readonly state: string;
  readonly socket: string;
  readonly cniConfig: string;
  readonly cniPrograms: string;
  /** Mirrors and credentials per registry host (hosts.toml files). */
  readonly registries: string;
}

export interface ContainerdOptions {
  readonly paths: ContainerdPaths;
  readonly pauseReference: string;
  /** May this process lower oom scores? Without CAP_SYS_RESOURCE every sandbox would fail. */
  readonly mayLowerOomScore: boolean;
  readonly systemdCgroup: boolean;
}

/** containerd's configuration (version 2, understood by containerd 1.5 to 2.x). */
export const containerdConfig = (options: ContainerdOptions): string => {
  const { paths } = options;
  return `version = 2
root = ${text(paths.root)}
state = ${text(paths.state)}
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = ${text(paths.socket)}

[ttrpc]
  address = ${text(`${paths.socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(`${paths.root}/opt`)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(options.pauseReference)}
  restrict_oom_score_adj = ${!options.mayLowerOomScore}
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  max_container_log_line_size = 16384
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(paths.cniPrograms)}
    conf_dir = ${text(paths.cniConfig)}
    max_conf_num = 1
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = ${options.systemdCgroup}
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${text(paths.registries)}
`;
};

/** A TOML basic string. */
const text = (value: string): string => JSON.stringify(value);

/** CAP_SYS_RESOURCE is bit 24. Source: capabilities(7), proc(5). */
export function mayLowerOomScore(procSelfStatus: string): boolean {
  const [, mask = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(procSelfStatus) ?? [];
  return ((BigInt(`0x${mask}`) >> 24n) & 1n) === 1n;
}

/** CRI looks for its images in this namespace. */
const namespace = ["-n", "k8s.io"];

export interface Ctr {
  readonly importArchive: (file: string) => Promise<void>;
  readonly images: () => Promise<readonly string[]>;
}

export function ctr(processes: Processes, socket: string): Ctr {
  const run = (args: readonly string[]): Promise<string> =>
    runOrThrow(processes, { program: "ctr", args: ["--address", socket, ...namespace, ...args] });
  return {
    importArchive: async (file) => void (await run(["images", "import", file])),
    images: async () => (await run(["images", "list", "-q"])).split("\n").filter((l) => l !== ""),
  };
}
