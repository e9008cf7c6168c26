/** The addon, as the server takes it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import * as catalog from "#api/catalog.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { canonical } from "#client/canonical.ts";
import { admin, adminToken, startTestApi } from "#client/testing.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { dnsManifests } from "./manifests.ts";

const manifests = dnsManifests({
  image: "k8ts.local/addon:1",
  clusterIp: "10.96.0.10",
  clusterDomain: "cluster.local",
}) as readonly (object & { apiVersion: string; kind: string })[];

const kindOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }): AnyKind => {
  const kinds = Object.values(catalog as Record<string, AnyKind>);
  const found = kinds.find((one) => one.apiVersion === apiVersion && one.kind === kind);
  ok(found, `${apiVersion} ${kind}`);
  return found;
};

function pathOf({ group, apiVersion, scope, plural }: AnyKind): string {
  const root = group === "" ? "api" : "apis";
  return `/${root}/${apiVersion}${scope === "Cluster" ? "" : "/namespaces/kube-system"}/${plural}`;
}

test("a server that is strict takes it as it is", async () => {
  await using api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  await client.create(Namespace, { metadata: { name: "kube-system" } });
  for (const manifest of manifests) {
    const { status, body } = await api.wire.call({
      method: "POST",
      url: `https://api${pathOf(kindOf(manifest))}?fieldValidation=Strict`,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(manifest)),
    });
    const text = Buffer.concat(await Array.fromAsync(body)).toString();
    equal(status, 201, text);
  }
});

const the = <T extends ApiObject, In>(kind: Kind<T, In>): T => {
  const manifest = manifests.find((one) => one.kind === kind.kind);
  return canonical(kind, manifest as In, { defaults: true });
};

test("the service leads to ports that the container has", () => {
  const [container] = the(Deployment).spec.template.spec.containers;
  const open = new Set(container?.ports?.map(({ name, protocol }) => `${name} ${protocol}`));
  const { spec } = the(Service);
  for (const { targetPort, protocol } of spec.ports ?? []) {
    ok(open.has(`${targetPort} ${protocol}`), `${targetPort} ${protocol}`);
  }
  deepEqual([spec.clusterIP, spec.clusterIPs], ["10.96.0.10", ["10.96.0.10"]]);
});

test("it may read what it follows, and nothing else", () => {
  const rules = the(ClusterRole).rules ?? [];
  deepEqual(
    rules
      .flatMap(({ resources = [], verbs }) => resources.map((one) => `${one}: ${verbs.join()}`))
      .sort(),
    ["endpointslices: list,watch", "namespaces: list,watch", "services: list,watch"],
  );
});

test("it has no rights on its node, and asks the node's name servers", () => {
  const { spec } = the(Deployment).spec.template;
  const [container] = spec.containers;
  deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  });
  equal(spec.securityContext?.runAsNonRoot, true);
  equal(spec.dnsPolicy, "Default");
});
