/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/run/run.go */
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import type { ManifestOf } from "#api/kind.ts";
import { applyMergePatch } from "#schema/patch/merge-patch.ts";
import { parseYaml } from "#base/yaml.ts";
import { type Call, defineCommand } from "../command.ts";
import { createIn, type Creation, creation, creationFlags, nameOf } from "../create/creation.ts";
import { flag } from "../flags.ts";
import type { Manifest } from "../resources/manifest.ts";
import { parsePairs } from "../resources/pairs.ts";
import { dryRunOf } from "../resources/writing.ts";
import { openSession } from "../session.ts";
import { runAttached } from "../run/attached.ts";

const flags = {
  ...creationFlags,
  image: flag.requiredText("the image to run", { value: "IMAGE" }),
  env: flag.list("a variable of the container; may be repeated", {
    value: "KEY=VALUE",
    whole: true,
  }),
  port: flag.text("the port that the container listens on", { value: "PORT", fallback: "" }),
  labels: flag.text("labels of the pod", { short: "l", value: "KEY=VALUE,…", fallback: "" }),
  annotations: flag.list("annotations of the pod", { value: "KEY=VALUE", whole: true }),
  restart: flag.text("what happens when the container ends", {
    value: "Always|OnFailure|Never",
    fallback: "Always",
  }),
  "image-pull-policy": flag.text("when to pull the image", { value: "POLICY", fallback: "" }),
  command: flag.switch("what follows -- is the command, not its arguments"),
  privileged: flag.switch("give the container all rights on its node"),
  overrides: flag.text("JSON that is merged into the pod", { value: "JSON", fallback: "" }),
  expose: flag.switch("make a service for the pod, too; needs --port"),
  stdin: flag.switch("pass input to the container", { short: "i" }),
  tty: flag.switch("use a terminal", { short: "t" }),
  attach: flag.switch("wait until the pod runs, and attach to it"),
  rm: flag.switch("delete the pod when the container ends"),
  quiet: flag.switch("only what the container says", { short: "q" }),
  "leave-stdin-open": flag.switch("do not close its input when ours ends"),
  "pod-running-timeout": flag.duration("how long to wait until it runs", { fallback: 60_000 }),
} as const;

type RunCall = Call<typeof flags>;

export const run = defineCommand({
  name: "run",
  usage: "NAME --image=IMAGE [--port=PORT] [-it --rm] [-- ARGS...]",
  summary: "Run an image in a pod",
  examples: [
    "k8ts run web --image=nginx --port=80",
    "k8ts run -it --rm shell --image=busybox -- sh",
    "k8ts run once --image=busybox --restart=Never --command -- date",
  ],
  group: "deploy",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    const name = podNameOf(call);
    check(given);
    const session = await openSession(shell, call);
    const pod = podOf(name, call);
    const isAttached = given.attach || given.stdin;
    const isReal = dryRunOf(given["dry-run"]) === "none";
    const attached = isAttached && isReal;
    if (given.expose) await createIn(session, call, serviceOf(pod, given));
    // Who talks to the container need not be told that it is there.
    if (attached) return runAttached(session, { ...call, flags: given }, pod);
    await createIn(session, call, pod);
  },
});

// exact: kubectl, the messages
function podNameOf({ args, rest }: RunCall): string {
  if (args.length === 0) throw new Error("NAME is required for run");
  const [, ...more] = args;
  if (more.length > 0 && rest.length === 0) return nameOf({ args: args.slice(0, 1) });
  return nameOf({ args });
}

// exact: kubectl, the messages
function check(given: RunCall["flags"]): void {
  if (given.tty && !given.stdin)
    throw new Error("-i/--stdin is required for containers with -t/--tty=true");
  if (given.expose && given.port === "")
    throw new Error("--port must be set when exposing a service");
  if (given.rm && !given.attach && !given.stdin)
    throw new Error("--rm should only be used for attached containers");
  if (!["Always", "OnFailure", "Never"].includes(given.restart))
    throw new Error(`invalid restart policy: ${given.restart}`);
  if (given.rm && dryRunOf(given["dry-run"]) !== "none")
    throw new Error("--rm and --dry-run cannot be used together");
}

type Spec = NonNullable<ManifestOf<typeof Pod>["spec"]>;

const pairsOf = (texts: readonly string[], what: string): Readonly<Record<string, string>> =>
  Object.fromEntries(parsePairs(texts, what).set);

function podOf(name: string, { args, rest, flags: given }: RunCall): Creation {
  const words = [...args.slice(1), ...rest];
  const labels = given.labels === "" ? { run: name } : pairsOf(given.labels.split(","), "label");
  const env = given.env.map((text) => {
    const at = text.indexOf("=");
    if (at <= 0) throw new Error(`invalid env: ${text}`); // exact: kubectl
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  const container = {
    name,
    image: given.image,
    ...(env.length > 0 ? { env } : {}),
    ...(words.length === 0 ? {} : given.command ? { command: words } : { args: words }),
    ...(given.port === "" ? {} : { ports: [{ containerPort: Number(given.port) }] }),
    ...(given["image-pull-policy"] === ""
      ? {}
      : { imagePullPolicy: given["image-pull-policy"] as "Always" }),
    ...(given.privileged ? { securityContext: { privileged: true } } : {}),
    ...(given.stdin ? { stdin: true, stdinOnce: !given["leave-stdin-open"] } : {}),
    ...(given.tty ? { tty: true } : {}),
  };
  const annotations = pairsOf(given.annotations, "annotation");
  const metadata = {
    name,
    labels,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  const spec: Spec = {
    containers: [container],
    restartPolicy: given.restart as "Always",
    dnsPolicy: "ClusterFirst",
  };
  return overridden(creation(Pod, { metadata, spec }, ""), given.overrides);
}

function overridden(pod: Creation, overrides: string): Creation {
  if (overrides === "") return pod;
  return { ...pod, manifest: applyMergePatch(pod.manifest, parseYaml(overrides)) as Manifest };
}

function serviceOf({ manifest }: Creation, { port }: RunCall["flags"]): Creation {
  const { name = "", labels = {} } = manifest.metadata;
  const ports = [{ port: Number(port), targetPort: Number(port), protocol: "TCP" as const }];
  return creation(Service, { metadata: { name }, spec: { selector: labels, ports } }, "");
}
