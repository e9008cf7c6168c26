/** What happens around the controller in tests: a driver that attaches, kubelets that mount. */
import { equal } from "node:assert/strict";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind } from "#api/kind.ts";
import { attachedNameOf, attachmentNameOf } from "#api/storage/attachment.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import type { Client } from "#client/client.ts";

const source = { driver: "disk.example.com", volumeHandle: "h" };
const namespace = "default";

export const attachmentName = (nodeName: string): string => attachmentNameOf(source, nodeName);

/** The volume, as nodes list it. */
export const listed = attachedNameOf(source);

const node = (name: string) => ({
  metadata: {
    name,
    annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
  },
  status: { conditions: [{ type: "Ready", status: "True" }] },
});

const pod = (nodeName: string) => ({
  metadata: { namespace, name: "db" },
  spec: {
    nodeName,
    containers: [{ name: "c", image: "db:1" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
  },
});

/** A volume of a driver, its claim, two nodes, and a pod on the first. */
export const csiObjects: readonly (readonly [kind: AnyKind, manifest: object])[] = [
  [Node, node("a")],
  [Node, node("b")],
  [
    PersistentVolume,
    {
      metadata: { name: "v" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        csi: source,
        claimRef: { namespace, name: "data" },
      },
    },
  ],
  [
    PersistentVolumeClaim,
    {
      metadata: { namespace, name: "data" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "",
        resources: { requests: { storage: "1Gi" } },
        volumeName: "v",
      },
    },
  ],
  [Pod, pod("a")],
];

const finalizer = "external-attacher/disk-example-com";

/** One step of everybody at a time; notices at once when something must not be. */
export class CsiWorld {
  /** Nodes that have the volume mounted. */
  readonly #mounted = new Set<string>();

  /** The pod goes to the other node. */
  async move(client: Client): Promise<void> {
    await client.delete(Pod, { namespace, name: "db" }, { gracePeriodSeconds: 0 });
    await client.create(Pod, pod("b"));
  }

  async attachedTo(client: Client): Promise<readonly string[]> {
    const { items } = await client.list(VolumeAttachment);
    return items.filter(({ status }) => status.attached).map(({ spec }) => spec.nodeName);
  }

  async act(client: Client): Promise<void> {
    await this.#attach(client);
    const nodes = (await client.list(Node)).items.map(({ metadata }) => metadata.name ?? "");
    for (const name of this.#mounted) if (!nodes.includes(name)) this.#mounted.delete(name);
    for (const name of nodes) await this.#mount(client, name);
    await this.#check(client);
  }

  async #attach(client: Client): Promise<void> {
    for (const { metadata, status } of (await client.list(VolumeAttachment)).items) {
      const at = { name: metadata.name ?? "" };
      if (metadata.deletionTimestamp) {
        const change = { metadata: { finalizers: null } };
        await client.patch(VolumeAttachment, at, { is: "merge", change });
      } else if (!status.attached) {
        const marked = { metadata: { finalizers: [finalizer] } };
        await client.patch(VolumeAttachment, at, { is: "merge", change: marked });
        const change = { status: { attached: true } };
        await client.patch(
          VolumeAttachment,
          { ...at, subresource: "status" },
          { is: "merge", change },
        );
      }
    }
  }

  /** Says that it uses the volume, and mounts it a step later, when it is listed. */
  async #mount(client: Client, name: string): Promise<void> {
    const found = await client.get(Node, { name });
    const { volumesInUse = [], volumesAttached = [] } = found.status;
    const pods = (await client.list(Pod)).items.filter(({ spec }) => spec.nodeName === name);
    const isWanted = pods.length > 0;
    if (isWanted && volumesInUse.length > 0 && volumesAttached.length > 0) this.#mounted.add(name);
    if (isWanted === volumesInUse.length > 0) return;
    if (!isWanted) this.#mounted.delete(name);
    const change = { status: { volumesInUse: isWanted ? [listed] : null } };
    await client.patch(Node, { name, subresource: "status" }, { is: "merge", change });
  }

  /** A volume must not be on two nodes, nor leave one that has it mounted. */
  async #check(client: Client): Promise<void> {
    const attached = await this.attachedTo(client);
    equal(attached.length <= 1, true, `attached to ${attached.join(" and ")}`);
    for (const name of this.#mounted)
      equal(attached.includes(name), true, `taken from ${name}, which has it mounted`);
  }
}
