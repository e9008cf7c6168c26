import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type AllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { objectFrom } from "#api/testing.ts";
import { TestObjects } from "../snapshot/testing.ts";
import { DeviceBook } from "./device-book.ts";

const allocated = (device: string, adminAccess = false): AllocationResult => ({
  devices: {
    results: [
      { request: "r", driver: "d", pool: "p", device, ...(adminAccess ? { adminAccess } : {}) },
    ],
  },
});

function claimAt(revision: number, allocation?: AllocationResult): ResourceClaim {
  const metadata = { namespace: "default", name: "c", uid: "c", resourceVersion: String(revision) };
  const claim = objectFrom(ResourceClaim, { metadata, spec: { devices: {} } });
  return {
    ...claim,
    metadata: { ...claim.metadata, ...metadata },
    status: allocation ? { allocation } : {},
  };
}

function bookWith(claim: ResourceClaim) {
  const objects = new TestObjects();
  objects.put(ResourceClaim, claim);
  return { objects, book: new DeviceBook(objects) };
}

const inUse = (book: DeviceBook): readonly string[] =>
  ["a", "b"].filter((device) => book.isInUse(`d/p/${device}`));

test("what was decided counts before anybody was told, until it is taken back", () => {
  const claim = claimAt(1);
  const { book } = bookWith(claim);
  deepEqual([inUse(book), book.isPending(claim)], [[], false]);
  book.promise(claim, allocated("a"));
  deepEqual([inUse(book), book.isPending(claim)], [["a"], true]);
  book.takeBack(claim);
  deepEqual([inUse(book), book.isPending(claim)], [[], false]);
});

test("what the server answered counts until the informer knows as much", () => {
  const { book, objects } = bookWith(claimAt(1));
  book.note(claimAt(3, allocated("a")));
  deepEqual(inUse(book), ["a"]);
  equal(book.findClaim("default", "c")?.metadata.resourceVersion, "3");
  objects.put(ResourceClaim, claimAt(2));
  deepEqual(inUse(book), ["a"], "an older state is no news");
  objects.put(ResourceClaim, claimAt(4, allocated("b")));
  deepEqual(inUse(book), ["b"]);
  equal(book.findClaim("default", "c")?.metadata.resourceVersion, "4");
});

test("a claim that is gone has nothing, and one that changes has what it has now", () => {
  const { book, objects } = bookWith(claimAt(1, allocated("a")));
  deepEqual(inUse(book), ["a"]);
  objects.put(ResourceClaim, claimAt(2, allocated("b")));
  deepEqual(inUse(book), ["b"]);
  objects.put(ResourceClaim, claimAt(3));
  deepEqual(inUse(book), []);
  const claim = claimAt(4);
  book.promise(claim, allocated("a"));
  book.note(claimAt(5, allocated("a")));
  objects.put(ResourceClaim, claimAt(5, allocated("a")));
  deepEqual(inUse(book), ["a"]);
  objects.remove(ResourceClaim, "default", "c");
  deepEqual(inUse(book), []);
});

test("who only looks on does not have the device", () => {
  const { book } = bookWith(claimAt(1, allocated("a", true)));
  deepEqual(inUse(book), []);
});
