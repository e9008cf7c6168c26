/** Manifests that several tests use. */
export const image = "k8ts.local/node:26";

/** The machine's own programs, in a container: k8ts.local/node has none but Node. */
const folders = ["/bin", "/lib", "/lib64", "/usr"];

export const podWithTar = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "tar" },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "main",
        image,
        command: ["sleep", "3600"],
        volumeMounts: folders.map((mountPath) => ({
          name: mountPath.slice(1),
          mountPath,
          readOnly: true,
        })),
      },
    ],
    volumes: folders.map((path) => ({ name: path.slice(1), hostPath: { path } })),
  },
});
