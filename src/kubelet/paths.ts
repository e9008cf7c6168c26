/** Where the kubelet keeps its files. All folders are absolute. */
import { logPathOf } from "./container/container-config.ts";

export interface Folders {
  /** Pods' volumes and files: /var/lib/k8ts/kubelet. */
  readonly root: string;
  /** Containers' logs: /var/log/pods. */
  readonly logs: string;
  /** Links to them for log collectors: /var/log/containers. */
  readonly logLinks: string;
  /** Network configuration that the runtime reads. */
  readonly cniConfig: string;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** File systems in memory are one: secrets of all pods lie in it and never on disk. */
export const memoryRoot = ({ root }: Folders): string => `${root}/memory`;

export const podFolder = ({ root }: Folders, uid: string): string => `${root}/pods/${uid}`;
export const podsFolder = ({ root }: Folders): string => `${root}/pods`;
export const volumesFolder = (folders: Folders, uid: string): string =>
  `${podFolder(folders, uid)}/volumes`;
export const podMemoryFolder = (folders: Folders, uid: string): string =>
  `${memoryRoot(folders)}/pods/${uid}`;
/** What a pod that was resized was given. */
export const allocationRecordPath = (folders: Folders, uid: string): string =>
  `${podFolder(folders, uid)}/allocation.json`;
export const hostsPath = (folders: Folders, uid: string): string =>
  `${podFolder(folders, uid)}/etc-hosts`;
/** Where plugins put the sockets that they register with. */
export const pluginRegistry = ({ root }: Folders): string => `${root}/plugins_registry`;
/** Where plugins keep their own files: a folder each, named after the driver. */
export const pluginsFolder = ({ root }: Folders): string => `${root}/plugins`;
/** Which claims for devices are prepared. */
export const claimRecordsPath = ({ root }: Folders): string => `${root}/dra_manager_state`;
/** Which pod has which address. */
export const leasesFolder = ({ root }: Folders): string => `${root}/network`;
export const seccompFolder = ({ root }: Folders): string => `${root}/seccomp`;

export const messageFolder = (folders: Folders, uid: string, container: string): string =>
  `${podFolder(folders, uid)}/containers/${container}`;

export const podLogFolder = ({ logs }: Folders, { namespace, name, uid }: PodName): string =>
  `${logs}/${namespace}_${name}_${uid}`;

interface LogOf {
  readonly pod: PodName;
  readonly container: string;
  readonly attempt: number;
}

export const logPath = (folders: Folders, { pod, container, attempt }: LogOf): string =>
  `${podLogFolder(folders, pod)}/${logPathOf(container, attempt)}`;

interface LinkOf {
  readonly pod: PodName;
  readonly container: string;
  readonly id: string;
}

export const logLink = ({ logLinks }: Folders, { pod, container, id }: LinkOf): string =>
  `${logLinks}/${pod.name}_${pod.namespace}_${container}-${id}.log`;
