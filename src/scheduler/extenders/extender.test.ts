/** The extender's own protocol, over real sockets; the other half of the test is extenders.test.ts. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { HttpCallTls, TlsIdentity } from "#base/http.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { testAuthority } from "#host/testing.ts";
import { VirtualClock } from "#sim/clock.ts";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import { Extender } from "./extender.ts";
import type { ExtenderSettings } from "./settings.ts";

const settings: ExtenderSettings = {
  urlPrefix: "",
  filterVerb: "filter",
  prioritizeVerb: "prioritize",
  preemptVerb: "preempt",
  bindVerb: "bind",
  weight: 2,
  isNodeCacheCapable: false,
  isIgnorable: false,
  timeoutMs: 5_000,
  managedResources: new Set(),
};

type Answers = Readonly<Record<string, (args: Record<string, unknown>) => unknown>>;

/** A server that answers by path, and an extender that asks it. */
async function serve(answers: Answers, more: Partial<ExtenderSettings> = {}, tls?: TlsIdentity) {
  const asked: { path: string; args: Record<string, unknown> }[] = [];
  const server = await serveHttp({
    address: "127.0.0.1",
    port: 0,
    ...(tls ? { tls: { identity: () => tls, clientCas: () => "" } } : {}),
    handler: async (request) => {
      const { target } = request;
      const args = JSON.parse(Buffer.from(await request.body(1e6)).toString()) as Record<
        string,
        unknown
      >;
      asked.push({ path: target, args });
      const answer = answers[target.slice(1)];
      if (!answer) return { status: 404, headers: {} };
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(answer(args))),
      };
    },
  });
  const client = httpClient();
  const stop = new AbortController();
  const scheme = tls ? "https" : "http";
  const urlPrefix = `${scheme}://127.0.0.1:${server.port}/`;
  const ports = { clock: new VirtualClock(), http: client, signal: stop.signal };
  return {
    url: urlPrefix,
    asked,
    extender: new Extender({ ...settings, urlPrefix, ...more }, ports),
    async [Symbol.asyncDispose]() {
      stop.abort();
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const victim = podOf("small", { on: "a" });
const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b"), nodeOf("c")], [victim]);
const pod = snapshot.podInfos.of(podOf("web"));
const nodes = snapshot.nodes;
const names = (of: readonly { readonly name: string }[]): string[] => of.map(({ name }) => name);

test("whole nodes are sent, and read back whatever the case of the fields", async () => {
  await using pair = await serve({
    filter: () => ({
      nodes: { items: [{ metadata: { name: "b" } }] },
      failedNodes: { a: "too loud" },
      FailedAndUnresolvableNodes: { c: "too old" },
      Error: "",
    }),
  });
  const { nodes: left, refused, hopeless } = await pair.extender.filter(pod, nodes);
  deepEqual(
    [names(left), [...refused], [...hopeless]],
    [["b"], [["a", "too loud"]], [["c", "too old"]]],
  );
  const [call] = pair.asked;
  equal(call?.path, "/filter");
  deepEqual(Object.keys(call?.args ?? {}), ["Pod", "Nodes", "NodeNames"]);
  const args = call?.args ?? {};
  equal((args["Pod"] as typeof victim).metadata.name, "web");
  const sent = args["Nodes"] as { items: (typeof nodes)[number]["node"][] };
  deepEqual(sent.items[0]?.status.allocatable, nodes[0]?.node.status.allocatable);
  equal(args["NodeNames"], null);
});

test("who knows the nodes is told their names only", async () => {
  await using pair = await serve(
    {
      filter: () => ({ NodeNames: ["c"] }),
      prioritize: () => [
        { Host: "a", Score: 1 },
        { host: "b", score: 10 },
      ],
    },
    { isNodeCacheCapable: true },
  );
  deepEqual(names((await pair.extender.filter(pod, nodes)).nodes), ["c"]);
  deepEqual(
    [...(await pair.extender.prioritize(pod, nodes))],
    [
      ["a", 2],
      ["b", 20],
    ],
  );
  deepEqual(pair.asked[0]?.args["NodeNames"], names(nodes));
  equal(pair.asked[0]?.args["Nodes"], null);
});

test("victims are offered, and chosen by their uids", async () => {
  const answers: Answers = {
    preempt: () => ({
      NodeNameToMetaVictims: { a: { Pods: [{ UID: victim.metadata.uid }], NumPDBViolations: 1 } },
    }),
  };
  await using pair = await serve(answers, { isNodeCacheCapable: true });
  const [small] = nodes[0]?.pods ?? [];
  const offers = small && nodes[0] ? [{ node: nodes[0], victims: [small], violations: 0 }] : [];
  const taken = await pair.extender.preempt(pod, offers);
  deepEqual(
    taken.map(({ node, victims, violations }) => [node.name, names(victims), violations]),
    [["a", ["small"], 1]],
  );
  deepEqual(pair.asked[0]?.args["NodeNameToMetaVictims"], {
    a: { Pods: [{ UID: victim.metadata.uid }], NumPDBViolations: 0 },
  });
  equal(pair.asked[0]?.args["NodeNameToVictims"], null);
});

test("it binds, or says why it does not", async () => {
  let Error = "";
  await using pair = await serve({ bind: () => ({ Error }) });
  const [node] = nodes;
  if (!node) return;
  await pair.extender.bind({ pod, node });
  deepEqual(pair.asked[0]?.args, {
    PodName: "web",
    PodNamespace: "default",
    PodUID: "default/web",
    Node: node.name,
  });
  Error = "no hands";
  await rejects(pair.extender.bind({ pod, node }), {
    message: `extender "${pair.url}": no hands`,
  });
});

test("whatever is wrong names the extender", async () => {
  const answers: Answers = { filter: () => ({ NodeNames: ["z"] }), prioritize: () => ({}) };
  await using pair = await serve(answers, { isNodeCacheCapable: true });
  const { extender, url } = pair;
  await rejects(extender.filter(pod, nodes), {
    message: `extender "${url}" claims a filtered node "z" which is not found in the input node list`,
  });
  await rejects(extender.preempt(pod, []), {
    message: `failed preempt with extender at URL ${url}preempt, code 404`,
  });
  await rejects(extender.prioritize(pod, nodes), /the answer is not a list/);
});

test("nobody listens: the message says where", async () => {
  let urlPrefix = "";
  {
    await using pair = await serve({});
    urlPrefix = pair.url;
  }
  using client = httpClient();
  const ports = { clock: new VirtualClock(), http: client, signal: new AbortController().signal };
  const extender = new Extender({ ...settings, urlPrefix }, ports);
  await rejects(extender.filter(pod, nodes), (cause: Error) => {
    match(cause.message, new RegExp(`^Post "${urlPrefix}filter": .*ECONNREFUSED`));
    return true;
  });
});

test("over TLS the extender's certificate is checked", async () => {
  const [own, other] = [await testAuthority("own"), await testAuthority("other")];
  const identity = await own.issue("CN=extender", ["127.0.0.1"]);
  const answers: Answers = { filter: () => ({ NodeNames: ["a"] }) };
  const ask = async (tls: HttpCallTls): Promise<string[]> => {
    await using pair = await serve(answers, { isNodeCacheCapable: true, tls }, identity);
    return names((await pair.extender.filter(pod, nodes)).nodes);
  };
  deepEqual(await ask({ ca: own.certificate }), ["a"]);
  deepEqual(await ask({ insecure: true }), ["a"]);
  await rejects(ask({ ca: other.certificate }), /certificate/);
});
