import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import type { ImageVolumeSource } from "#api/core/volume-sources.ts";
import { containerWith, podWith, World } from "./testing.ts";

const volumeMounts = [{ name: "files", mountPath: "/files" }];

const worldWith = (image: ImageVolumeSource, ...others: string[]): World =>
  new World(
    podWith({
      volumes: [{ name: "files", image }] as never,
      containers: [
        containerWith("app", { volumeMounts }),
        ...others.map((name) => containerWith(name, { volumeMounts })),
      ],
    }),
  );

const waitingOf = (world: World, index = 0) =>
  world.pod.status.containerStatuses?.[index]?.state.waiting;

const before = ["mountVolumes", "runSandbox 0"];
const placed = ["inspectImage files", "placeImage files"];
const startedApp = ["inspectImage app", "createContainer app 0", "startContainer app"];

test("a volume that is an image is laid out before the container that mounts it starts", () => {
  const world = worldWith({ reference: "app:2" });
  world.holds = new Set(["placeImage"]);
  world.start();
  deepEqual(world.take(), [...before, ...placed]);
  world.finish("placeImage");
  deepEqual(world.take(), startedApp);
  equal(
    world.takeEvents()[0],
    'Normal Pulled Container image "app:2" already present on machine and can be accessed by the pod',
  );
});

test("it is laid out once for all who mount it, and stays for the next instance", () => {
  const world = worldWith({ reference: "app:2" }, "second").start();
  equal(world.take().filter((task) => task === "placeImage files").length, 1);
  world.exit("app", 0);
  world.advance(seconds(20));
  deepEqual(world.take(), ["inspectImage app", "createContainer app 1", "startContainer app"]);
});

test("with the policy Always it is pulled although it is here", () => {
  const world = worldWith({ reference: "app:2", pullPolicy: "Always" }).start();
  const pulled = ["inspectImage files", "pullImage files", "placeImage files"];
  deepEqual(world.take(), [...before, ...pulled, ...startedApp]);
});

test("what an earlier kubelet laid out is used as it is, whatever the policy", () => {
  const world = worldWith({ reference: "gone:1", pullPolicy: "Always" });
  const inspected = { ok: true, isHeld: true } as const;
  world.answers = {
    inspectImage: (task) => ("volume" in task ? inspected : undefined),
  };
  world.start();
  deepEqual(world.take(), [...before, ...placed, ...startedApp]);
});

test("a pull that fails holds every container up that mounts it: the error, then the back-off, then again", () => {
  const world = worldWith({ reference: "gone:1" }, "second");
  world.answers = { pullImage: () => ({ ok: false, message: "rpc error: no" }) };
  world.start();
  const failed = { reason: "ErrImagePull", message: "rpc error: no" };
  deepEqual([waitingOf(world, 0), waitingOf(world, 1)], [failed, failed]);
  deepEqual(world.takeEvents(), [
    'Normal Pulling Pulling image "gone:1"',
    'Warning Failed Failed to pull image "gone:1": rpc error: no',
    "Warning Failed Error: ErrImagePull",
    "Warning Failed Error: ErrImagePull",
  ]);
  world.advance(seconds(5));
  const message = 'Back-off pulling image "gone:1": ErrImagePull: rpc error: no';
  deepEqual(waitingOf(world, 1), { reason: "ImagePullBackOff", message });
  deepEqual(world.takeEvents(), [
    'Normal BackOff Back-off pulling image "gone:1"',
    "Warning Failed Error: ImagePullBackOff",
    "Warning Failed Error: ImagePullBackOff",
  ]);
  world.answers = {};
  world.take();
  world.advance(seconds(5));
  deepEqual(world.take(), [
    "inspectImage files",
    "pullImage files",
    "placeImage files",
    ...startedApp.flatMap((task) => [task, task.replace("app", "second")]),
  ]);
});

for (const [reference, pullPolicy, reason, message] of [
  [
    "gone:1",
    "Never",
    "ErrImageNeverPull",
    'Container image "gone:1" is not present with pull policy of Never',
  ],
  [
    "No Such",
    "Always",
    "InvalidImageName",
    'Failed to apply default image tag "No Such": couldn\'t parse image name "No Such": invalid reference format',
  ],
] as const) {
  test(`${reference}, ${pullPolicy}: the container waits with ${reason}`, () => {
    const world = worldWith({ reference, pullPolicy }).start();
    deepEqual(waitingOf(world), { reason, message });
    deepEqual(world.take(), [...before, ...(reason === "InvalidImageName" ? [] : [placed[0]])]);
  });
}

test("an image that cannot be laid out says why and is tried again", () => {
  const world = worldWith({ reference: "app:2" });
  world.answers = { placeImage: () => ({ ok: false, message: "no overlay here" }) };
  world.start();
  deepEqual(waitingOf(world), { reason: "ImageVolumeMountFailed", message: "no overlay here" });
  world.answers = {};
  world.take();
  world.advance(seconds(1));
  deepEqual(world.take(), [...placed, ...startedApp]);
});

test("what is just being laid out is waited for before all is given back", () => {
  const world = worldWith({ reference: "app:2" });
  world.holds = new Set(["placeImage"]);
  world.start();
  world.take();
  world.delete(1);
  equal(world.take().includes("release"), false);
  world.finish("placeImage");
  equal(world.take().includes("release"), true);
});

test("a container that does not mount it does not wait for it", () => {
  const world = new World(
    podWith({
      volumes: [{ name: "files", image: { reference: "gone:1" } }] as never,
      containers: [containerWith("app", { volumeMounts }), containerWith("free")],
    }),
  );
  world.holds = new Set(["pullImage"]);
  world.start();
  equal(world.take().at(-1), "startContainer free");
});
