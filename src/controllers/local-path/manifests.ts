/** What the provisioner needs in a cluster: its class, the default one, and its settings. */
import { ConfigMap } from "#api/core/configmap.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { formatYaml } from "#base/yaml.ts";
import { configName, provisionerName, systemNamespace } from "./settings.ts";

export interface LocalPathOptions {
  /** On every node, unless the settings say otherwise later. */
  readonly folder: string;
  /** Runs the scripts below as JavaScript. */
  readonly image: string;
}

export const localPathClass = {
  apiVersion: StorageClass.apiVersion,
  kind: StorageClass.kind,
  metadata: {
    name: "local-path",
    annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
  },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
} as const;

export const localPathSettings = ({ folder, image }: LocalPathOptions) => ({
  apiVersion: ConfigMap.apiVersion,
  kind: ConfigMap.kind,
  metadata: { name: configName, namespace: systemNamespace },
  data: {
    "config.json": JSON.stringify(
      { nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [folder] }] },
      undefined,
      2,
    ),
    "helperPod.yaml": formatYaml({
      spec: { containers: [{ name: "helper-pod", image, imagePullPolicy: "IfNotPresent" }] },
    }),
    // Any user may write there, as in every other volume that is somebody's own.
    setup: `const { VOL_DIR } = require("node:process").env;
const { chmodSync, mkdirSync } = require("node:fs");
mkdirSync(VOL_DIR, { recursive: true });
chmodSync(VOL_DIR, 0o777);
`,
    teardown: `require("node:fs").rmSync(require("node:process").env.VOL_DIR, { recursive: true, force: true });
`,
  },
});
