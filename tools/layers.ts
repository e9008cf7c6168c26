/**
 * The architecture, as data: each layer names everything it may import.
 * Read top to bottom; an arrow can only point up. `tidy` enforces it, `ARCHITECTURE.md` prints it.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  schema: ["base"],
  api: ["base", "schema"],
  cel: ["base", "api"],
  store: ["base"],
  host: ["base"],
  client: ["base", "schema", "api"],
  apiserver: ["base", "schema", "api", "cel", "store"],
  controllers: ["base", "api", "client"],
  scheduler: ["base", "api", "cel", "client"],
  kubelet: ["base", "api", "client"],
  proxy: ["base", "api", "client"],
  dns: ["base", "api", "client"],
  metrics: ["base", "api", "client"],
  cli: ["base", "schema", "api", "client"],
  sim: [
    "base",
    "schema",
    "api",
    "cel",
    "store",
    "client",
    "apiserver",
    "controllers",
    "scheduler",
    "kubelet",
    "proxy",
    "dns",
    "metrics",
  ],
  cluster: [
    "base",
    "schema",
    "api",
    "cel",
    "store",
    "host",
    "client",
    "apiserver",
    "controllers",
    "scheduler",
    "kubelet",
    "proxy",
    "dns",
    "metrics",
    "cli",
    "sim",
  ],
};

/** Layers that meet the real world; everyone else gets it handed in. */
export const worldly: readonly string[] = ["host", "cluster"];

/** Folders whose files adapt a floor to the outside and may therefore do I/O. */
export const adapters: readonly string[] = [
  "src/store/backends/",
  "src/kubelet/runtimes/",
  "src/proxy/backends/",
];
