import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { badSubdomain, type Cases, podWith } from "./testing.ts";

/** Paths are given from the volume on. */
function refuses(cases: Cases): void {
  for (const [source, ...problems] of cases) {
    const spec = { volumes: [{ name: "v", ...source }], serviceAccountName: "default" };
    const found = problemsOf(Pod, podWith(spec));
    deepEqual(
      found.map((problem) => problem.replace(/^spec\.volumes\[0\]\.?/, "")),
      problems,
    );
  }
}

test("volumes of many sources are accepted", () => {
  refuses([
    [{}],
    [{ emptyDir: { medium: "Memory", sizeLimit: "1Gi" } }],
    [{ hostPath: { path: "/var", type: "DirectoryOrCreate" } }],
    [{ secret: { secretName: "s", items: [{ key: "k", path: "a/b", mode: 0o400 }] } }],
    [{ configMap: { name: "c", optional: true } }],
    [{ persistentVolumeClaim: { claimName: "c" } }],
    [{ downwardAPI: { items: [{ path: "a", fieldRef: { fieldPath: "metadata.labels" } }] } }],
    [{ projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }],
    [{ nfs: { server: "a", path: "/b" } }],
    [{ csi: { driver: "csi.example.com" } }],
    [{ image: { reference: "busybox" } }],
    [
      {
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        },
      },
    ],
  ]);
});

test("a volume has a name of its own and one source", () => {
  const volumes = [
    { name: "v", emptyDir: {} },
    { name: "v", emptyDir: {} },
  ];
  deepEqual(problemsOf(Pod, podWith({ volumes })), ['spec.volumes[1].name: Duplicate value: "v"']);
  refuses([
    [{ name: "" }, "name: Required value"],
    [
      { secret: { secretName: "s" }, emptyDir: {}, hostPath: { path: "/" } },
      "hostPath: Forbidden: may not specify more than 1 volume type",
      "secret: Forbidden: may not specify more than 1 volume type",
    ],
  ]);
});

test("sources say what they need", () => {
  refuses([
    [{ secret: {} }, "secret.secretName: Required value"],
    [{ configMap: {} }, "configMap.name: Required value"],
    [{ persistentVolumeClaim: {} }, "persistentVolumeClaim.claimName: Required value"],
    [{ hostPath: {} }, "hostPath.path: Required value"],
    [{ csi: {} }, "csi.driver: Required value"],
    [{ csi: { driver: "A_" } }, `csi.driver: Invalid value: "A_": ${badSubdomain}`],
    [{ image: {} }, "image.reference: Required value"],
    [{ gcePersistentDisk: {} }, "persistentDisk.pdName: Required value"],
    [
      { nfs: { path: "b" } },
      "nfs.server: Required value",
      'nfs.path: Invalid value: "b": must be an absolute path',
    ],
    [
      { hostPath: { path: "/a/../b", type: "Disk" } },
      "hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
      'hostPath.type: Unsupported value: "Disk": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
    [
      { secret: {}, cephfs: {}, downwardAPI: {} },
      "secret.secretName: Required value",
      "cephFS: Forbidden: may not specify more than 1 volume type",
      "downwarAPI: Forbidden: may not specify more than 1 volume type",
    ],
    [
      { flocker: { datasetName: "a/b", datasetUUID: "c" } },
      'flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
      "flocker.datasetName: Invalid value: \"a/b\": must not contain '/'",
    ],
    [
      { quobyte: { registry: "a:1,b" } },
      'quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas',
      "quobyte.volume: Required value",
    ],
    [
      { quobyte: {} },
      "quobyte.registry: Required value: must be a host:port pair or multiple pairs separated by commas",
      "quobyte.volume: Required value",
    ],
    [
      { azureDisk: { diskName: "a", diskURI: "b" } },
      'azureDisk.diskURI: Unsupported value: "b": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
    ],
    [
      { azureDisk: { diskName: "a", diskURI: "b", kind: "Managed" } },
      'azureDisk.diskURI: Unsupported value: "b": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
    ],
    [
      { fc: { targetWWNs: ["a"] } },
      "fc.lun: Required value: lun is required if targetWWNs is specified",
    ],
    [
      { iscsi: { targetPortal: "a", iqn: "x", lun: 256 } },
      'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
      "iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
    ],
    [
      { flexVolume: { driver: "a", options: { "kubernetes.io/a": "b" } } },
      'flexVolume.options[kubernetes.io/a]: Invalid value: "kubernetes.io/a": kubernetes.io and k8s.io namespaces are reserved',
    ],
  ]);
});

test("files lie inside the volume", () => {
  const items = [{ key: "", path: "../a", mode: 0o1000 }];
  const mode = "must be a number between 0 and 0777 (octal), both inclusive";
  refuses([
    [
      { secret: { secretName: "s", defaultMode: 512, items } },
      `secret.defaultMode: Invalid value: 512: ${mode}`,
      "secret.items[0].key: Required value",
      "secret.items[0].path: Invalid value: \"../a\": must not contain '..'",
      `secret.items[0].mode: Invalid value: 512: ${mode}`,
    ],
    [
      { configMap: { name: "c", items: [{ key: "k", path: "..a" }] } },
      "configMap.items[0].path: Invalid value: \"..a\": must not start with '..'",
    ],
    [
      { downwardAPI: { items: [{ path: "/a" }] } },
      'downwardAPI.path: Invalid value: "/a": must be a relative path',
      "downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
    ],
    [
      { downwardAPI: { items: [{ path: "a", fieldRef: { fieldPath: "status.podIP" } }] } },
      'downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
  ]);
});

test("projected sources do not write the same file", () => {
  const items = [{ key: "k", path: "a" }];
  refuses([
    [
      {
        projected: {
          sources: [{ secret: { name: "s", items } }, { configMap: { name: "c", items } }],
        },
      },
      'projected: Invalid value: "c": conflicting duplicate paths',
    ],
    [
      { projected: { sources: [{ secret: { name: "s" }, configMap: { name: "c" } }] } },
      "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
    ],
    [
      { projected: { sources: [{ serviceAccountToken: { path: "", expirationSeconds: 5 } }] } },
      "projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
      "projected.path: Required value",
    ],
  ]);
  const token = { projected: { sources: [{ serviceAccountToken: { path: "t" } }] } };
  deepEqual(problemsOf(Pod, podWith({ volumes: [{ name: "v", ...token }] })), [
    "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set",
  ]);
});

test("claims made for a pod are named after it, and nobody else's", () => {
  const template = {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const volumes = [
    { name: "v", ephemeral: { volumeClaimTemplate: template } },
    { name: "w", persistentVolumeClaim: { claimName: "web-v" } },
  ];
  deepEqual(problemsOf(Pod, podWith({ volumes })), [
    'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-v": must not reference a PVC that gets created for an ephemeral volume',
  ]);
  refuses([
    [{ ephemeral: {} }, "ephemeral.volumeClaimTemplate: Required value"],
    [
      { ephemeral: { volumeClaimTemplate: { spec: {} } } },
      "ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required",
      "ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value",
    ],
  ]);
});
