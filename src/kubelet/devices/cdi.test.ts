import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { MemoryDisk } from "../testing.ts";
import { editsFor, withEdits } from "./cdi.ts";

async function diskWith(files: Readonly<Record<string, string | object>>): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const [path, content] of Object.entries(files))
    await disk.write(path, typeof content === "string" ? content : JSON.stringify(content));
  return disk;
}

const spec = {
  cdiVersion: "0.6.0",
  kind: "example.com/gpu",
  containerEdits: { env: ["DRIVER=1=2"] },
  devices: [
    {
      name: "a",
      containerEdits: {
        env: ["GPU=a"],
        deviceNodes: [
          { path: "/dev/gpu0" },
          { path: "/dev/x", hostPath: "/dev/y", permissions: "r" },
        ],
        mounts: [
          { hostPath: "/opt/gpu", containerPath: "/gpu", options: ["ro", "rbind", "rslave"] },
        ],
        additionalGids: [44],
      },
    },
    { name: "b", containerEdits: { hooks: [{ hookName: "createContainer", path: "/x" }] } },
    {
      name: "c",
      containerEdits: { mounts: [{ hostPath: "x", containerPath: "/x", type: "tmpfs" }] },
    },
  ],
};

test("a device brings variables, device files, mounts and groups, and those of all its kind once", async () => {
  const disk = await diskWith({ "/var/run/cdi/gpu.json": spec });
  deepEqual(await editsFor(["example.com/gpu=a"], disk), {
    envs: [
      ["GPU", "a"],
      ["DRIVER", "1=2"],
    ],
    devices: [
      { containerPath: "/dev/gpu0", hostPath: "/dev/gpu0", permissions: "rwm" },
      { containerPath: "/dev/x", hostPath: "/dev/y", permissions: "r" },
    ],
    mounts: [
      {
        containerPath: "/gpu",
        hostPath: "/opt/gpu",
        readonly: true,
        propagation: "PROPAGATION_HOST_TO_CONTAINER",
      },
    ],
    groups: [44],
  });
});

test("files may be YAML, and those of /var/run come before those of /etc", async () => {
  const yaml =
    "kind: example.com/gpu\ndevices:\n- name: a\n  containerEdits:\n    env: [GPU=new]\n";
  const disk = await diskWith({ "/etc/cdi/gpu.json": spec, "/var/run/cdi/gpu.yaml": yaml });
  deepEqual((await editsFor(["example.com/gpu=a"], disk)).envs, [["GPU", "new"]]);
});

test("what cannot be had is said", async () => {
  const disk = await diskWith({ "/etc/cdi/gpu.json": spec, "/etc/cdi/README": "no spec" });
  const fails = (id: string, message: string) => rejects(editsFor([id], disk), { message });
  await fails("example.com/gpu=z", "unresolvable CDI devices example.com/gpu=z");
  await fails(
    "example.com/gpu=b",
    "CDI device example.com/gpu=b has hooks, which this kubelet cannot pass on",
  );
  await fails(
    "example.com/gpu=c",
    "CDI device example.com/gpu=c has a mount of type tmpfs: only bind mounts can be passed on",
  );
  await rejects(
    editsFor(["example.com/gpu=a"], await diskWith({ "/etc/cdi/bad.json": "{" })),
    /^Error: failed to parse CDI Spec "\/etc\/cdi\/bad.json"/,
  );
  await rejects(
    editsFor(["example.com/gpu=a"], await diskWith({ "/etc/cdi/bad.json": {} })),
    /invalid CDI Spec "\/etc\/cdi\/bad.json": it has no kind, or no devices/,
  );
});

test("what devices say goes over what the pod says", () => {
  const config = {
    envs: [
      { key: "A", value: "1" },
      { key: "B", value: "2" },
    ],
    mounts: [],
    linux: { securityContext: { supplementalGroups: [1, 44] } },
  };
  const edits = { envs: [["B", "3"]], devices: [], mounts: [], groups: [44, 45] } as const;
  const { envs, linux } = withEdits(config as never, edits);
  deepEqual(envs, [
    { key: "A", value: "1" },
    { key: "B", value: "3" },
  ]);
  deepEqual(linux.securityContext.supplementalGroups, [1, 44, 45]);
});
