import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "#api/core/secret.ts";
import { minutes } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { VirtualClock } from "#sim/clock.ts";
import type { Pods } from "../pods.ts";
import type { Image } from "../runtime.ts";
import { newPodState } from "../pod/state.ts";
import { podWith } from "../pod/testing.ts";
import { MemoryRuntime } from "../runtimes/memory.ts";
import { credentialsFor } from "./credentials.ts";
import { ImageCollector, victims } from "./image-collector.ts";

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

const secret = (auths: object): Secret =>
  ({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": encoded({ auths }) },
  }) as unknown as Secret;

const users = (image: string, ...secrets: Secret[]): string[] =>
  credentialsFor(image, secrets).map(({ username, password }) => `${username}:${password}`);

const auth = (name: string): object => ({ auth: Buffer.from(`${name}:pw`).toString("base64") });

for (const [registry, image, fits] of [
  ["reg.example.com", "reg.example.com/team/app:1", true],
  ["https://reg.example.com/v1/", "reg.example.com/app", true],
  ["reg.example.com/team", "reg.example.com/team/app", true],
  ["reg.example.com/team", "reg.example.com/other/app", false],
  ["reg.example.com:5000", "reg.example.com/app", false],
  ["*.example.com", "reg.example.com/app", true],
  ["*.example.com", "a.reg.example.com/app", false],
  ["https://index.docker.io/v1/", "nginx", true],
  ["docker.io", "me/app:2", true],
] as const) {
  test(`credentials for ${registry} ${fits ? "fit" : "do not fit"} ${image}`, () => {
    deepEqual(users(image, secret({ [registry]: auth("me") })), fits ? ["me:pw"] : []);
  });
}

test("the most specific credentials are tried first", () => {
  const secrets = [secret({ "r.io": auth("all"), "r.io/team": auth("team") })];
  deepEqual(users("r.io/team/app", ...secrets), ["team:pw", "all:pw"]);
});

test("name and password may be given plainly, in the old form, or be nonsense", () => {
  const plain = secret({ "r.io": { username: "u", password: "p:q" } });
  const old = {
    type: "kubernetes.io/dockercfg",
    data: { ".dockercfg": encoded({ "r.io": auth("old") }) },
  } as unknown as Secret;
  const broken = {
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from("{").toString("base64") },
  } as unknown as Secret;
  deepEqual(users("r.io/app", plain, old, broken), ["u:p:q", "old:pw"]);
});

const image = (id: string, sizeBytes: number, isPinned = false): Image => ({
  id,
  repoTags: [],
  repoDigests: [],
  sizeBytes,
  username: "",
  isPinned,
});

test("images longest unused go first, until there is room; used, new and pinned ones stay", () => {
  const nowMs = minutes(60);
  const images = [
    image("used", 10),
    image("new", 10),
    image("pinned", 10, true),
    image("old", 10),
    image("older", 10),
    image("never", 10),
  ];
  const seen = new Map([
    ["used", { firstMs: 0, usedMs: nowMs }],
    ["new", { firstMs: nowMs - minutes(1), usedMs: 0 }],
    ["pinned", { firstMs: 0, usedMs: 0 }],
    ["old", { firstMs: 0, usedMs: minutes(30) }],
    ["older", { firstMs: 0, usedMs: minutes(20) }],
    ["never", { firstMs: minutes(1), usedMs: 0 }],
  ]);
  const chosen = (wantedBytes: number) =>
    victims(images, { seen, nowMs, wantedBytes }).map(({ id }) => id);
  deepEqual(chosen(15), ["never", "older"]);
  deepEqual(chosen(1_000), ["never", "older", "old"]);
});

/** A node whose disk has so much left, and what is said of it. */
function fullNode(
  runtime: Pick<MemoryRuntime, "listImages" | "imageFileSystems" | "removeImage">,
  pods: Pick<Pods, "workers"> = { workers: [] },
) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const room = { totalBytes: 100 * 2 ** 30, freeBytes: 10 * 2 ** 30 };
  const collector = new ImageCollector({
    runtime,
    disk: { space: async () => room },
    clock,
    log: silent,
    pods,
    nodeName: "n1",
    recorder: {
      record: (_about, { type, reason, message }) => told.push(`${type} ${reason} ${message}`),
    },
  });
  return { clock, told, room, collector };
}

const withoutSome = (images: readonly string[], stuck = "stuck") => {
  const memory = new MemoryRuntime({ clock: new VirtualClock(), images });
  const { listImages, imageFileSystems } = memory;
  const removeImage = (id: string): Promise<void> =>
    id.includes(stuck) ? Promise.reject(new Error("in use")) : memory.removeImage(id);
  const left = async () => (await listImages()).flatMap(({ repoTags }) => repoTags);
  return { runtime: { listImages, imageFileSystems, removeImage }, left };
};

test("an image that cannot be removed is no reason to keep the others", async () => {
  const { runtime, left } = withoutSome(["stuck:1", "idle:1"]);
  const { collector, clock } = fullNode(runtime);
  await rejects(collector.collect());
  await clock.advance(minutes(5));
  await rejects(
    collector.collect(),
    /^Error: wanted to free 10737418240 bytes, but freed \d+ bytes space with errors in image deletion: in use$/,
  );
  deepEqual(await left(), ["stuck:1"]);
});

test("a disk that is full for other reasons than images is told of, and twice in a row once more", async (t) => {
  const { runtime } = withoutSome([]);
  const { collector, clock, told, room } = fullNode(runtime);
  const stop = new AbortController();
  const running = collector.run(stop.signal);
  t.after(() => running);
  const full =
    "Insufficient free disk space on the node's image filesystem (90% of 100.0 GiB used). " +
    "Failed to free sufficient space by deleting unused images (freed 0 bytes). " +
    "Investigate disk usage, as it could be used by active images, logs, volumes, or other data.";
  await clock.advance(minutes(5));
  deepEqual(told.splice(0), [`Warning FreeDiskSpaceFailed ${full}`]);
  await clock.advance(minutes(5));
  deepEqual(told.splice(0), [
    `Warning FreeDiskSpaceFailed ${full}`,
    `Warning ImageGCFailed ${full}`,
  ]);
  Object.assign(room, { freeBytes: room.totalBytes });
  await clock.advance(minutes(5));
  Object.assign(room, { freeBytes: 0 });
  await clock.advance(minutes(5));
  deepEqual(
    told.map((text) => text.split(" ")[1]),
    ["FreeDiskSpaceFailed"],
  );
  stop.abort();
});

test("a file system without any room at all is told of", async () => {
  const { collector, told, room } = fullNode(withoutSome([]).runtime);
  Object.assign(room, { totalBytes: 0, freeBytes: 0 });
  await rejects(collector.collect());
  deepEqual(told, ["Warning InvalidDiskCapacity invalid capacity 0 on image filesystem"]);
});

test("in need, all images go that nothing uses, although there is room", async () => {
  const { runtime, left } = withoutSome(["idle:1", "idle:2"]);
  const { collector, clock, room } = fullNode(runtime);
  Object.assign(room, { freeBytes: room.totalBytes });
  await collector.removeUnused();
  await clock.advance(minutes(5));
  deepEqual((await left()).length, 2);
  await collector.removeUnused();
  deepEqual(await left(), []);
});

test("an image that is a volume of a pod is in use, by whatever name the pod calls it", async () => {
  const names = [
    "docker.io/library/app:1",
    "docker.io/library/files:2",
    "docker.io/library/idle:3",
  ];
  const { runtime, left } = withoutSome(names);
  const pod = podWith({ volumes: [{ name: "files", image: { reference: "files:2" } }] });
  const state = newPodState({ pod, node: { hostIps: [] }, atMs: 0 });
  const seen = { runtime: { sandboxes: [], containers: [{ image: "docker.io/library/app:1" }] } };
  const pods = { workers: [{ state: { ...state, ...seen } }] } as never;
  const { collector, clock } = fullNode(runtime, pods);
  await collector.removeUnused();
  await clock.advance(minutes(5));
  await collector.removeUnused();
  deepEqual(await left(), names.slice(0, 2));
});
