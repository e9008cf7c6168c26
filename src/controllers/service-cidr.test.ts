import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Service } from "#api/core/service.ts";
import { isReason } from "#api/errors.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { minutes, seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = { namespace: "default", name: "web" };
const range = (name: string, ...cidrs: string[]) => ({ metadata: { name }, spec: { cidrs } });
const service = (clusterIP?: string) => ({
  metadata: at,
  spec: { ports: [{ port: 80 }], ...(clusterIP ? { clusterIP } : {}) },
});

const readyOf = async ({ client }: TestCluster, name: string) => {
  const { status } = await client.get(ServiceCIDR, { name });
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return [ready?.status, ready?.reason];
};

const ranges = async ({ client }: TestCluster): Promise<readonly (string | undefined)[]> =>
  (await client.list(ServiceCIDR)).items.map(({ metadata }) => metadata.name);

test("ranges are ready and protected; services get addresses of all of them", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(ServiceCIDR, range("more", "10.200.0.0/24"));
  await cluster.advance(seconds(1));
  for (const name of ["kubernetes", "more"]) {
    deepEqual(await readyOf(cluster, name), ["True", ""]);
    const { metadata } = await cluster.client.get(ServiceCIDR, { name });
    deepEqual(metadata.finalizers, ["networking.k8s.io/service-cidr-finalizer"]);
  }
  const { spec } = await cluster.client.create(Service, service("10.200.0.7"));
  equal(spec.clusterIP, "10.200.0.7");
  deepEqual(cluster.complaints, []);
});

test("a range that is deleted stays while a service has an address of it", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(ServiceCIDR, range("more", "10.200.0.0/24"));
  await cluster.client.create(Service, service("10.200.0.7"));
  await cluster.advance(seconds(1));
  await cluster.client.delete(ServiceCIDR, { name: "more" });
  await cluster.advance(seconds(30));
  deepEqual(await readyOf(cluster, "more"), ["False", "Terminating"]);
  await cluster.client.delete(Service, at);
  await cluster.advance(seconds(30));
  deepEqual(await ranges(cluster), ["kubernetes"]);
});

test("a range that is deleted goes when another one has its addresses, too", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(ServiceCIDR, range("more", "10.200.0.0/24"));
  await cluster.client.create(Service, service("10.200.0.7"));
  await cluster.client.delete(ServiceCIDR, { name: "more" }).catch(() => undefined);
  await cluster.client.create(ServiceCIDR, range("larger", "10.200.0.0/16"));
  await cluster.advance(seconds(30));
  deepEqual(await ranges(cluster), ["kubernetes", "larger"]);
});

test("an address that somebody takes from a service comes back, and is told of", async () => {
  await using cluster = await startTestCluster();
  const { spec } = await cluster.client.create(Service, service());
  const name = spec.clusterIP ?? "";
  await cluster.advance(seconds(1));
  await cluster.client.delete(IPAddress, { name });
  await cluster.advance(seconds(2));
  const address = await cluster.client.get(IPAddress, { name });
  equal(address.spec.parentRef?.name, "web");
  const told = (await cluster.client.list(Event)).items.map(({ reason }) => reason);
  ok(told.includes("ClusterIPNotAllocated"), told.join());
});

test("an address that no service has is taken back; those of others stay", async () => {
  await using cluster = await startTestCluster();
  const parentRef = { resource: "services", namespace: "default", name: "gone" };
  const labels = { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" };
  await cluster.client.create(IPAddress, {
    metadata: { name: "10.96.9.9", labels },
    spec: { parentRef },
  });
  await cluster.client.create(IPAddress, { metadata: { name: "10.96.9.10" }, spec: { parentRef } });
  await cluster.client.create(Service, service("10.96.9.11"));
  await cluster.advance(minutes(2));
  const isThere = async (name: string): Promise<boolean> => {
    try {
      await cluster.client.get(IPAddress, { name });
      return true;
    } catch (cause) {
      if (!isReason(cause, "NotFound")) throw cause;
      return false;
    }
  };
  deepEqual(await Promise.all(["10.96.9.9", "10.96.9.10", "10.96.9.11"].map(isThere)), [
    false,
    true,
    true,
  ]);
});
