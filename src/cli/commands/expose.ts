/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/expose/expose.go */
import { Service } from "#api/core/service.ts";
import type { ManifestOf } from "#api/kind.ts";
import { type Call, defineCommand } from "../command.ts";
import { createIn, creation, creationFlags } from "../create/creation.ts";
import { flag } from "../flags.ts";
import { fileFlags } from "../resources/files.ts";
import { forEachTarget, selectObjects, type Target } from "../resources/select.ts";
import { openSession } from "../session.ts";
import { exposableOf, type Exposable } from "../create/exposable.ts";

const flags = {
  ...creationFlags,
  ...fileFlags,
  port: flag.text("the port of the service; the pods' own unless said", {
    value: "PORT",
    fallback: "",
  }),
  "target-port": flag.text("the port of the pods, by number or name", {
    value: "PORT",
    fallback: "",
  }),
  protocol: flag.text("TCP, UDP or SCTP; the pods' own unless said", { fallback: "" }),
  name: flag.text("the service's name; the object's own unless said", { fallback: "" }),
  type: flag.text("ClusterIP, NodePort or LoadBalancer", { value: "TYPE", fallback: "" }),
  selector: flag.text("labels of the pods; the object's own unless said", {
    value: "KEY=VALUE",
    fallback: "",
  }),
  labels: flag.text("labels of the service; the object's own unless said", {
    short: "l",
    value: "KEY=VALUE",
    fallback: "",
  }),
  "external-ip": flag.text("one more address that leads to it", { value: "IP", fallback: "" }),
  "load-balancer-ip": flag.text("the address to ask for", { value: "IP", fallback: "" }),
  "cluster-ip": flag.text("its address in the cluster; None for none", {
    value: "IP",
    fallback: "",
  }),
  "session-affinity": flag.text("None or ClientIP", { fallback: "" }),
} as const;

type ExposeCall = Call<typeof flags>;
type Spec = NonNullable<ManifestOf<typeof Service>["spec"]>;

export const expose = defineCommand({
  name: "expose",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) [--port=PORT] [--target-port=PORT]",
  summary: "Make a service for the pods of something",
  examples: [
    "k8ts expose deploy/web --port=80 --target-port=8080",
    "k8ts expose pod web --type=NodePort --name=front",
  ],
  group: "deploy",
  flags,

  async run(shell, call) {
    const { flags: given, args } = call;
    const session = await openSession(shell, call);
    const found = await selectObjects(session, { args, ...given, selector: "" });
    await forEachTarget(found, async (target) => {
      const manifest = {
        metadata: { name: given.name || target.name, labels: labelsOf(target, given) },
        spec: specOf(exposableOf(target), given),
      };
      const made = creation(Service, manifest, "");
      await createIn(session, { ...call, flags: given }, { ...made, done: "exposed" });
    });
  },
});

type Labels = Readonly<Record<string, string>>;

const labelsOf = ({ object }: Target, { labels }: ExposeCall["flags"]): Labels =>
  labels === "" ? (object.metadata.labels ?? {}) : pairsOf(labels);

const pairsOf = (text: string): Labels =>
  Object.fromEntries(text.split(",").map((pair) => pair.split("=") as [string, string]));

/** exact: kubectl, the messages */
function specOf(exposable: Exposable, given: ExposeCall["flags"]): Spec {
  const selector = given.selector === "" ? exposable.selector : pairsOf(given.selector);
  if (Object.keys(selector).length === 0)
    throw new Error("couldn't retrieve selectors via --selector flag or introspection");
  const { type, "cluster-ip": clusterIP, "external-ip": externalIP } = given;
  const optional = {
    type,
    clusterIP,
    sessionAffinity: given["session-affinity"],
    loadBalancerIP: given["load-balancer-ip"],
  };
  return {
    selector,
    ports: portsOf(exposable, given),
    ...(Object.fromEntries(Object.entries(optional).filter(([, text]) => text !== "")) as Spec),
    ...(externalIP === "" ? {} : { externalIPs: [externalIP] }),
  };
}

function portsOf({ ports }: Exposable, given: ExposeCall["flags"]): NonNullable<Spec["ports"]> {
  const target = given["target-port"];
  const named = given.port.split(",").filter((port) => port !== "");
  const wanted = named.length > 0 ? named.map(Number) : ports.map(({ port }) => port);
  if (wanted.length === 0) throw new Error("couldn't find port via --port flag or introspection"); // exact: kubectl
  return wanted.map((port, at) => {
    const own = ports.find((one) => one.port === port)?.protocol;
    const protocol = (given.protocol.toUpperCase() || own || "TCP") as "TCP";
    const targetPort = target === "" ? port : /^\d+$/.test(target) ? Number(target) : target;
    return { port, targetPort, protocol, ...(wanted.length > 1 ? { name: `port-${at + 1}` } : {}) };
  });
}
