import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import * as catalog from "#api/catalog.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Endpoints } from "#api/core/endpoints.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import { PriorityLevelConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { seededRandom } from "#base/random.ts";
import { formatYaml, parseYaml } from "#base/yaml.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { defaultAdmission } from "../admission/profile.ts";
import type { Decision } from "../authz/authorizer.ts";
import { objectOf } from "../admission/testing.ts";
import { createAuthorizer } from "../authz/union.ts";
import { startTestServer, TestClock, type TestServer } from "../testing.ts";
import { bootstrap, type BootstrapOptions, controllerRole } from "./bootstrap.ts";
import { nodeRules } from "./node-rules.ts";
import { may } from "./rules.ts";

async function start(): Promise<TestServer> {
  const clock = new TestClock();
  let server: TestServer | undefined;
  const reader = () => (server as TestServer).registry.reader;
  const authorizer = createAuthorizer({ reader, nodeRules });
  server = await startTestServer({
    kinds: Object.values(catalog) as unknown as readonly AnyKind[],
    admission: defaultAdmission({ clock, random: seededRandom(1), authorizer }),
    mayDo: (attributes) => (authorizer.authorize(attributes) as Decision).allowed,
  });
  return server;
}

const optionsOf = (
  { clock }: TestServer,
  more: Partial<BootstrapOptions> = {},
): BootstrapOptions => ({
  clock,
  advertised: { address: "192.0.2.1", port: 6443, serviceCidrs: ["10.96.0.0/12"] },
  roles: [controllerRole("replicaset", [may("create", "", "pods")])],
  clientCa: "CA",
  clusterInfo: { server: "https://192.0.2.1:6443", ca: "CA" },
  signal: new AbortController().signal,
  ...more,
});

const namesOf = ({ registry }: TestServer, kind: AnyKind): readonly string[] =>
  registry.reader.list(kind, "").map(({ object }) => (object as ApiObject).metadata.name ?? "");

/** `name`, or `namespace/name`. */
function get<T extends ApiObject>({ registry }: TestServer, kind: Kind<T>, key: string) {
  const [name = "", namespace = ""] = key.split("/").toReversed();
  return registry.reader.get(kind, namespace, name)?.object;
}

async function change<T extends ApiObject>(
  server: TestServer,
  [kind, name, namespace = ""]: readonly [Kind<T>, string, string?],
  edit: (draft: Draft<T>) => void,
): Promise<void> {
  const how = {
    user: { name: "admin", groups: ["system:masters"] },
    fieldManager: "test",
    dryRun: false,
    warnings: [],
    waiting: new AbortController(),
  };
  const edited = (current: T) => {
    const draft = draftOf(current);
    edit(draft);
    return draft;
  };
  await server.registry.change(kind, { namespace, name, edit: edited }, how);
}

test("a new cluster has what every cluster has", async () => {
  const server = await start();
  ok((await bootstrap(server.registry, optionsOf(server))) > 70);
  deepEqual(namesOf(server, Namespace), [
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
  ]);
  deepEqual(namesOf(server, PriorityClass), ["system-cluster-critical", "system-node-critical"]);
  equal(namesOf(server, FlowSchema).length, 13);
  equal(namesOf(server, PriorityLevelConfiguration).length, 8);
  const roles = namesOf(server, ClusterRole);
  for (const name of ["admin", "cluster-admin", "edit", "system:node", "view"])
    ok(roles.includes(name), name);
  deepEqual(get(server, ClusterRoleBinding, "system:controller:replicaset")?.subjects, [
    { kind: "ServiceAccount", name: "replicaset", namespace: "kube-system" },
  ]);
  deepEqual(get(server, ClusterRoleBinding, "system:node")?.subjects, undefined);
  ok(get(server, Role, "kube-system/extension-apiserver-authentication-reader"));
  equal(get(server, ServiceCIDR, "kubernetes")?.status.conditions?.[0]?.status, "True");
  await server[Symbol.asyncDispose]();
});

test("the API is a service of its own, with the first address of the range", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server));
  const service = get(server, Service, "default/kubernetes");
  deepEqual(
    [service?.spec.clusterIP, service?.spec.ports?.map(({ targetPort }) => targetPort)],
    ["10.96.0.1", [6443]],
  );
  deepEqual(get(server, Endpoints, "default/kubernetes")?.subsets, [
    { addresses: [{ ip: "192.0.2.1" }], ports: [{ name: "https", port: 6443, protocol: "TCP" }] },
  ]);
  deepEqual(get(server, EndpointSlice, "default/kubernetes")?.endpoints, [
    { addresses: ["192.0.2.1"], conditions: { ready: true } },
  ]);
  const moved = { address: "192.0.2.9", port: 7443, serviceCidrs: ["10.96.0.0/12"] };
  equal(await bootstrap(server.registry, optionsOf(server, { advertised: moved })), 3);
  equal(
    get(server, Endpoints, "default/kubernetes")?.subsets?.[0]?.addresses?.[0]?.ip,
    "192.0.2.9",
  );
  equal(get(server, Service, "default/kubernetes")?.spec.clusterIP, "10.96.0.1");
  await server[Symbol.asyncDispose]();
});

test("aggregated roles show the rules of their parts", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server));
  const rulesOf = (name: string) => get(server, ClusterRole, name)?.rules ?? [];
  const reads = (name: string) =>
    rulesOf(name).some(
      ({ resources, verbs }) => resources?.includes("pods/log") && verbs.includes("get"),
    );
  deepEqual([reads("view"), reads("edit"), reads("admin")], [true, true, true]);
  const grants = (name: string) =>
    rulesOf(name).some(({ resources }) => resources?.includes("rolebindings"));
  deepEqual([grants("view"), grants("edit"), grants("admin")], [false, false, true]);
  const secrets = (name: string) =>
    rulesOf(name).some(({ resources }) => resources?.includes("secrets"));
  deepEqual([secrets("view"), secrets("edit")], [false, true]);
  await server[Symbol.asyncDispose]();
});

test("a second start writes nothing", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server));
  const revision = server.store.revision();
  equal(await bootstrap(server.registry, optionsOf(server)), 0);
  equal(server.store.revision(), revision);
  await server[Symbol.asyncDispose]();
});

test("what a role lacks is added, what somebody added stays", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server));
  const extra = { verbs: ["get"], apiGroups: ["example.com"], resources: ["things"] };
  await change(server, [ClusterRole, "system:kube-dns"], (role) => void (role.rules = [extra]));
  await change(server, [ClusterRoleBinding, "system:kube-dns"], (binding) => {
    binding.subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "dns" }];
  });
  equal(await bootstrap(server.registry, optionsOf(server)), 2);
  deepEqual(
    get(server, ClusterRole, "system:kube-dns")?.rules.map(({ resources }) => resources),
    [["things"], ["endpoints"], ["endpoints"], ["services"], ["services"]],
  );
  equal(get(server, ClusterRoleBinding, "system:kube-dns")?.subjects?.length, 2);
  await server[Symbol.asyncDispose]();
});

test("a default binding of another role is made again, unless its annotation says otherwise", async () => {
  const server = await start();
  const how = {
    user: { name: "root", groups: ["system:masters"] },
    fieldManager: "me",
    dryRun: false,
    warnings: [],
    waiting: new AbortController(),
  };
  const other = (name: string, autoupdate: string) =>
    server.registry.create(
      ClusterRoleBinding,
      objectOf(ClusterRoleBinding, {
        metadata: {
          name,
          annotations: { "rbac.authorization.kubernetes.io/autoupdate": autoupdate },
        },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      }),
      how,
    );
  await other("system:kube-dns", "true");
  await other("system:basic-user", "false");
  await bootstrap(server.registry, optionsOf(server));
  const roleOf = (name: string) => get(server, ClusterRoleBinding, name)?.roleRef.name;
  deepEqual([roleOf("system:kube-dns"), roleOf("system:basic-user")], ["system:kube-dns", "view"]);
  equal(get(server, ClusterRoleBinding, "system:kube-dns")?.subjects?.length, 1);
  await server[Symbol.asyncDispose]();
});

test("a role whose annotation says so is left alone, and so is a flow schema", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server));
  await change(server, [ClusterRole, "system:kube-dns"], (role) => {
    role.rules = [];
    role.metadata.annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
  });
  await change(server, [FlowSchema, "probes"], (flow) => {
    flow.spec.matchingPrecedence = 7;
    flow.metadata.annotations = { "apf.kubernetes.io/autoupdate-spec": "false" };
  });
  await change(
    server,
    [FlowSchema, "service-accounts"],
    (flow) => void (flow.spec.matchingPrecedence = 8),
  );
  // Whoever follows the flow schemas may have mended the third one before.
  ok((await bootstrap(server.registry, optionsOf(server))) <= 1);
  deepEqual(get(server, ClusterRole, "system:kube-dns")?.rules, []);
  equal(get(server, FlowSchema, "probes")?.spec.matchingPrecedence, 7);
  equal(get(server, FlowSchema, "service-accounts")?.spec.matchingPrecedence, 9_000);
  await server[Symbol.asyncDispose]();
});

test("whoever joins finds where the server is and whom to trust", async () => {
  const server = await start();
  await bootstrap(server.registry, optionsOf(server, { requestHeaderCa: "FRONT" }));
  const info = get(server, ConfigMap, "kube-public/cluster-info")?.data?.["kubeconfig"] ?? "";
  equal(info, formatYaml(parseYaml(info)));
  const { clusters } = parseYaml(info) as { readonly clusters: readonly { cluster: object }[] };
  deepEqual(clusters[0]?.cluster, {
    "certificate-authority-data": Buffer.from("CA").toString("base64"),
    server: "https://192.0.2.1:6443",
  });
  const authentication = get(server, ConfigMap, "kube-system/extension-apiserver-authentication");
  deepEqual(Object.keys(authentication?.data ?? {}).sort(), [
    "client-ca-file",
    "requestheader-allowed-names",
    "requestheader-client-ca-file",
    "requestheader-extra-headers-prefix",
    "requestheader-group-headers",
    "requestheader-uid-headers",
    "requestheader-username-headers",
  ]);
  await server[Symbol.asyncDispose]();
});
