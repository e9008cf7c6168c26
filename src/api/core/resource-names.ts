/**
 * The names of resources: which the system knows, which are extended, which may be overcommitted.
 * upstream: pkg/apis/core/helper/helpers.go
 */
const hugePages = "hugepages-";
const nativeDomain = "kubernetes.io/";

export const isHugePages = (name: string): boolean => name.startsWith(hugePages);

/** Without a domain, or of kubernetes.io. */
export const isNativeResource = (name: string): boolean =>
  !name.includes("/") || name.includes(nativeDomain);

/** Of a vendor's domain: `example.com/gpu`. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith("requests.");

/** More of it may be limited than requested. */
export const isOvercommitAllowed = (name: string): boolean =>
  isNativeResource(name) && !isHugePages(name);

/** What pods may ask for as a whole (PodLevelResources). */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || isHugePages(name);

const container = ["cpu", "memory", "ephemeral-storage"];

export const isStandardContainerResource = (name: string): boolean =>
  container.includes(name) || isHugePages(name);

const counted = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];

const standardQuota: ReadonlySet<string> = new Set([
  ...container,
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  ...counted,
]);

export const isStandardQuotaResource = (name: string): boolean =>
  standardQuota.has(name) || isHugePages(name) || name.startsWith(`requests.${hugePages}`);

const standard: ReadonlySet<string> = new Set([...standardQuota, "storage"]);

export const isStandardResource = (name: string): boolean =>
  standard.has(name) || isHugePages(name) || name.startsWith(`requests.${hugePages}`);

const integers: ReadonlySet<string> = new Set(counted);

/** Counted in whole things. */
export const isIntegerResource = (name: string): boolean =>
  integers.has(name) || isExtendedResource(name);

const finalizers: ReadonlySet<string> = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Finalizers that need no domain. */
export const isStandardFinalizer = (name: string): boolean => finalizers.has(name);
