/** Files, as a dependency. Paths are absolute; modes are octal numbers such as 0o644. */
export interface Disk {
  /** Undefined when there is no such file. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** Replaces the file atomically (write aside, fsync, rename). Parents must exist. */
  readonly write: (path: string, content: Uint8Array | string, mode?: number) => Promise<void>;
  readonly append: (path: string, content: Uint8Array | string) => Promise<void>;
  /** Names in the folder, sorted; undefined when there is no such folder. */
  readonly list: (path: string) => Promise<readonly string[] | undefined>;
  /** With its parents. An existing folder is left alone. */
  readonly makeFolder: (path: string, mode?: number) => Promise<void>;
  /** A file, or a folder with all that is in it. Never crosses into another file system. */
  readonly remove: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Replaces a link atomically. */
  readonly link: (path: string, target: string) => Promise<void>;
  readonly readLink: (path: string) => Promise<string | undefined>;
  readonly setMode: (path: string, mode: number) => Promise<void>;
  readonly setOwner: (path: string, owner: { uid: number; gid: number }) => Promise<void>;
  readonly facts: (path: string) => Promise<FileFacts | undefined>;
  /** Of the whole file system that holds `path`. */
  readonly space: (path: string) => Promise<DiskSpace>;
  /** From `offset`; fewer bytes at the end of the file. */
  readonly readAt: (path: string, at: { offset: number; bytesMax: number }) => Promise<Uint8Array>;
  /** Calls `changed` after anything happened to the file or in the folder. */
  readonly observe: (path: string, changed: () => void) => Disposable;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Where files are counted. */
  readonly inodes?: { readonly total: number; readonly free: number };
}

export interface FileFacts {
  readonly is: "file" | "folder" | "link" | "socket" | "pipe" | "device";
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** Tells a rotated file from its successor. */
  readonly inode: number;
  /** What it takes of the disk, which a file with holes makes differ from `bytes`; as many when absent. */
  readonly occupiedBytes?: number;
  /** How many names it has; 1 when absent. */
  readonly names?: number;
  /** Tells file systems apart; all is one when absent. */
  readonly device?: number;
}
