import { deepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { layersOf } from "./image-layers.ts";
import { overlayCommand } from "./mounts.ts";

const layer = (n: number): string => `/data/containerd/snapshots/${n}/fs`;

test("layers lie over each other, and over the mount point so that there are two at least", () => {
  const options = "ro,nosuid,nodev,noexec,lowerdir=";
  deepEqual(overlayCommand("/pods/v", [layer(12), layer(7)]), {
    program: "mount",
    args: ["-t", "overlay", "-o", `${options}12/fs:7/fs:/pods/v`, "overlay", "/pods/v"],
    folder: "/data/containerd/snapshots/",
  });
  deepEqual(overlayCommand("/pods/v", [layer(3)]).args[3], `${options}fs:/pods/v`);
  deepEqual(overlayCommand("/pods/v", ["/a/b", "/c"]).args[3], `${options}a/b:c:/pods/v`);
});

test("an image of as many layers as there may be fits into the kernel's page of options", () => {
  const layers = Array.from({ length: 127 }, (_, n) => layer(100_000 + n));
  const options = overlayCommand("/var/lib/k8ts/kubelet/pods/uid/volumes/v", layers).args[3] ?? "";
  ok(options.length < 4_096);
});

test("snapshots are layers when they are folders, and said to be of no use when not", () => {
  deepEqual(layersOf([{ type: "bind", source: layer(1), options: ["ro", "rbind"] }]), [layer(1)]);
  const lowerdir = `lowerdir=${layer(2)}:${layer(1)}`;
  deepEqual(layersOf([{ type: "overlay", source: "overlay", options: ["index=off", lowerdir] }]), [
    layer(2),
    layer(1),
  ]);
  throws(() => layersOf([{ type: "ext4", source: "/dev/mapper/1", options: ["ro"] }]), {
    message: /snapshots of type ext4 cannot be volumes/,
  });
});
