import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { containerWith as container, podWith as pod, World } from "./testing.ts";

const started = (...names: string[]): string[] =>
  names.flatMap((name) => [
    `inspectImage ${name}`,
    `createContainer ${name} 0`,
    `startContainer ${name}`,
  ]);

const phaseOf = (world: World): string | undefined => world.pod.status.phase;
const readyOf = (world: World): string | undefined =>
  world.pod.status.conditions?.find(({ type }) => type === "Ready")?.status;
const waitingOf = (world: World, index = 0) =>
  world.pod.status.containerStatuses?.[index]?.state.waiting;

test("a new pod gets volumes, a sandbox and its container, and is Ready", () => {
  const world = new World(pod()).start();
  deepEqual(world.take(), ["mountVolumes", "runSandbox 0", ...started("app")]);
  deepEqual(world.takeEvents(), [
    'Normal Pulled Container image "app:1" already present on machine and can be accessed by the pod',
    "Normal Created Container created",
    "Normal Started Container started",
  ]);
  equal(phaseOf(world), "Running");
  equal(readyOf(world), "True");
  equal(world.pod.status.podIP, "10.244.0.2");
});

test("containers wait for the volumes", () => {
  const world = new World(pod());
  world.holds = new Set(["mountVolumes"]);
  world.start();
  deepEqual(world.take(), ["mountVolumes", "runSandbox 0"]);
  world.finish("mountVolumes");
  deepEqual(world.take(), started("app"));
});

test("a volume that cannot be mounted says so and is tried again", () => {
  const world = new World(pod());
  const volumes = [{ volume: "config", message: 'configmap "web" not found' }];
  world.answers = { mountVolumes: () => ({ ok: false, message: "failed", volumes }) };
  world.start();
  deepEqual(world.takeEvents(), [
    'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap "web" not found',
  ]);
  world.answers = {};
  world.take();
  world.advance(500);
  deepEqual(world.take(), ["mountVolumes", ...started("app")]);
});

test("a pod whose devices cannot be prepared says so and is tried again", () => {
  const world = new World(pod());
  const reason = "FailedPrepareDynamicResources" as const;
  world.answers = { runSandbox: () => ({ ok: false, reason, message: "no driver" }) };
  world.start();
  deepEqual(world.takeEvents(), [
    `Warning ${reason} Failed to prepare dynamic resources: no driver`,
  ]);
  world.answers = {};
  world.take();
  world.advance(seconds(30));
  deepEqual(world.take(), ["runSandbox 0", ...started("app")]);
});

test("a volume that others have to provide is waited for in silence, and mounted when there is news", () => {
  const world = new World(pod());
  const volumes = [{ volume: "pv", message: "volume is not attached yet", waits: true }];
  world.answers = { mountVolumes: () => ({ ok: false, message: "failed", volumes }) };
  world.start();
  world.take();
  deepEqual(world.takeEvents(), []);
  world.answers = {};
  world.observe({ is: "objects", atMs: world.nowMs });
  deepEqual(world.take(), ["mountVolumes", ...started("app")]);
});

test("a volume that nobody provides is complained about after two minutes", () => {
  const world = new World(pod());
  const message = "volume is not attached yet";
  const volumes = [{ volume: "pv", inPod: "data", message, waits: true }];
  world.answers = { mountVolumes: () => ({ ok: false, message: "failed", volumes }) };
  world.start();
  world.advance(seconds(120));
  deepEqual(world.takeEvents(), []);
  world.advance(seconds(60));
  deepEqual(world.takeEvents(), [
    "Warning FailedMount Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data], failed to process volumes=[]: context deadline exceeded",
  ]);
});

test("news that comes while volumes are being mounted is not lost", () => {
  const world = new World(pod());
  world.holds = new Set(["mountVolumes"]);
  world.start();
  world.observe({ is: "objects", atMs: world.nowMs });
  world.holds = new Set();
  world.take();
  const volumes = [{ volume: "pv", message: "not yet", step: "MountDevice" as const }];
  world.finish("mountVolumes", { ok: false, message: "failed", volumes });
  deepEqual(world.take(), ["mountVolumes", ...started("app")]);
  match(world.takeEvents()[0] ?? "", /FailedMount MountVolume.MountDevice failed for volume "pv"/);
});

test("ordinary containers start side by side", () => {
  const world = new World(pod({ containers: [container("a"), container("b")] }));
  world.holds = new Set(["createContainer"]);
  world.start();
  deepEqual(
    world.held.map((task) => "container" in task && task.container),
    ["a", "b"],
  );
});

test("a container waits for the start hook of the one before it", () => {
  const hook = { lifecycle: { postStart: { exec: { command: ["true"] } } } };
  const world = new World(pod({ containers: [container("a", hook), container("b")] }));
  world.holds = new Set(["postStart"]);
  world.start();
  deepEqual(world.take().slice(2), [...started("a"), "postStart a"]);
  world.finish("postStart");
  deepEqual(world.take(), started("b"));
});

test("a failed start hook stops the container, which is started again", () => {
  const hook = { lifecycle: { postStart: { exec: { command: ["false"] } } } };
  const world = new World(pod({ containers: [container("a", hook)] }));
  world.holds = new Set(["postStart"]);
  world.start();
  world.take();
  world.takeEvents();
  world.finish("postStart", { ok: false, message: "exit 1" });
  equal(world.take()[0], "stopContainer a 30");
  deepEqual(world.takeEvents().slice(0, 2), [
    "Warning FailedPostStartHook PostStartHook failed",
    "Normal Killing FailedPostStartHook",
  ]);
});

test("init containers run one after the other, then the others", () => {
  const init = [container("one"), container("two")];
  const world = new World(pod({ initContainers: init })).start();
  deepEqual(world.take().slice(2), started("one"));
  equal(phaseOf(world), "Pending");
  world.exit("one", 0);
  deepEqual(world.take(), started("two"));
  world.exit("two", 0);
  deepEqual(world.take(), started("app"));
  equal(phaseOf(world), "Running");
});

test("a failed init container fails the pod that is never restarted", () => {
  const spec = { initContainers: [container("one")], restartPolicy: "Never" as const };
  const world = new World(pod(spec)).start();
  world.take();
  world.exit("one", 3);
  deepEqual(world.take(), ["stopSandbox", "release"]);
  equal(phaseOf(world), "Failed");
});

test("a sidecar starts before, and runs beside, the others", () => {
  const sidecar = container("proxy", { restartPolicy: "Always" });
  const world = new World(pod({ initContainers: [sidecar, container("setup")] })).start();
  deepEqual(world.take().slice(2), started("proxy", "setup"));
  world.exit("setup", 0);
  deepEqual(world.take(), started("app"));
  world.exit("proxy", 1);
  deepEqual(world.take(), [
    "inspectImage proxy",
    "createContainer proxy 1",
    "startContainer proxy",
  ]);
  equal(phaseOf(world), "Running");
});

test("what follows a sidecar waits for its startup probe", () => {
  const startupProbe = { exec: { command: ["true"] }, periodSeconds: 1, failureThreshold: 3 };
  const sidecar = container("proxy", { restartPolicy: "Always", startupProbe });
  const world = new World(pod({ initContainers: [sidecar] }));
  world.holds = new Set(["probe"]);
  world.start();
  deepEqual(world.take().slice(2), [...started("proxy"), "probe proxy startup"]);
  world.finish("probe");
  deepEqual(world.take(), started("app"));
});

test("a crashing container is restarted at once, then later and later", () => {
  const world = new World(pod()).start();
  const delays: number[] = [];
  for (let crash = 0; crash < 7; crash++) {
    world.advance(seconds(1));
    world.take();
    world.exit("app", 1);
    const from = world.nowMs;
    while (!world.take().some((line) => line.startsWith("startContainer")))
      world.advance(seconds(1));
    delays.push((world.nowMs - from) / 1_000);
  }
  deepEqual(delays, [0, 10, 20, 40, 80, 160, 300]);
});

test("a container that ran for long enough is restarted at once again", () => {
  const world = new World(pod()).start();
  world.exit("app", 1);
  world.advance(seconds(601));
  world.take();
  world.exit("app", 1);
  deepEqual(world.take().slice(0, 3), [
    "inspectImage app",
    "createContainer app 2",
    "startContainer app",
  ]);
});

test("a back-off shows in the state and in one event", () => {
  const world = new World(pod()).start();
  world.exit("app", 1);
  world.takeEvents();
  world.exit("app", 2);
  deepEqual(waitingOf(world), {
    reason: "CrashLoopBackOff",
    message: "back-off 10s restarting failed container=app pod=web_default(u1)",
  });
  equal(world.pod.status.containerStatuses?.[0]?.lastState.terminated?.exitCode, 2);
  equal(world.pod.status.containerStatuses?.[0]?.restartCount, 1);
  equal(phaseOf(world), "Running");
  world.advance(seconds(5));
  deepEqual(world.takeEvents(), [
    "Warning BackOff Back-off restarting failed container app in pod web_default(u1)",
  ]);
});

for (const [policy, exitCode, phase] of [
  ["Never", 0, "Succeeded"],
  ["Never", 1, "Failed"],
  ["OnFailure", 0, "Succeeded"],
  ["OnFailure", 1, "Running"],
  ["Always", 0, "Running"],
] as const) {
  test(`policy ${policy}: a container that exits with ${exitCode} makes the pod ${phase}`, () => {
    const world = new World(pod({ restartPolicy: policy })).start();
    world.take();
    world.exit("app", exitCode);
    equal(phaseOf(world), phase);
    const isOver = phase !== "Running";
    deepEqual(world.take().includes("release"), isOver);
    deepEqual(world.state.life.at, isOver ? "ended" : "running");
  });
}

test("a container's own restart rules come before the pod's policy", () => {
  const rules = [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }];
  const app = container("app", { restartPolicy: "Never", restartPolicyRules: rules });
  const world = new World(pod({ containers: [app], restartPolicy: "Never" })).start();
  world.take();
  world.exit("app", 42);
  equal(world.take()[0], "inspectImage app");
  world.exit("app", 1);
  equal(phaseOf(world), "Failed");
});

test("when the last main container is done, sidecars are stopped", () => {
  const sidecar = container("proxy", { restartPolicy: "Always" });
  const world = new World(pod({ initContainers: [sidecar], restartPolicy: "Never" })).start();
  world.take();
  world.exit("app", 0);
  deepEqual(world.take(), ["stopContainer proxy 30", "stopSandbox", "release"]);
  equal(phaseOf(world), "Succeeded");
});

test("a deleted pod is stopped, cleaned up, reported and then deleted", () => {
  const world = new World(pod()).start();
  world.take();
  world.takeEvents();
  world.delete(30);
  deepEqual(world.take(), ["stopContainer app 30", "stopSandbox", "release", "deletePod"]);
  deepEqual(world.takeEvents(), ["Normal Killing Stopping container app"]);
  equal(phaseOf(world), "Failed");
  world.forget();
  deepEqual(world.take(), ["remove"]);
  equal(world.state.life.at, "gone");
});

test("a pod that the API lost is stopped all the same", () => {
  const world = new World(pod({ terminationGracePeriodSeconds: 5 })).start();
  world.take();
  world.forget();
  deepEqual(world.take(), ["stopContainer app 5", "stopSandbox", "release", "remove"]);
  equal(world.state.life.at, "gone");
});

test("the stop hook runs first and takes its time from the grace period", () => {
  const app = container("app", { lifecycle: { preStop: { exec: { command: ["drain"] } } } });
  const world = new World(pod({ containers: [app] })).start();
  world.holds = new Set(["preStop"]);
  world.take();
  world.delete(30);
  deepEqual(world.take(), ["preStop app 30"]);
  world.advance(seconds(12));
  world.finish("preStop");
  deepEqual(world.take().slice(0, 1), ["stopContainer app 18"]);
});

test("a stop hook that takes too long leaves two seconds", () => {
  const app = container("app", { lifecycle: { preStop: { exec: { command: ["drain"] } } } });
  const world = new World(pod({ containers: [app] })).start();
  world.holds = new Set(["preStop"]);
  world.take();
  world.delete(30);
  world.advance(seconds(31));
  deepEqual(world.take().slice(0, 2), ["preStop app 30", "stopContainer app 2"]);
});

test("a second, hastier deletion shortens the grace period", () => {
  const world = new World(pod()).start();
  world.holds = new Set(["stopContainer"]);
  world.take();
  world.delete(60);
  world.advance(seconds(5));
  world.delete(3);
  deepEqual(world.take(), ["stopContainer app 60", "stopContainer app 3"]);
});

test("sidecars stop after the others, in the reverse order of their start", () => {
  const sidecar = (name: string) => container(name, { restartPolicy: "Always" });
  const world = new World(pod({ initContainers: [sidecar("one"), sidecar("two")] })).start();
  world.holds = new Set(["stopContainer"]);
  world.take();
  world.delete(30);
  deepEqual(world.take(), ["stopContainer app 30"]);
  world.advance(seconds(10));
  world.finish("stopContainer");
  deepEqual(world.take(), ["stopContainer two 20"]);
  world.advance(seconds(20));
  deepEqual(world.take(), ["stopContainer one 2"]);
});

test("while a container is being made, the end waits for it", () => {
  const world = new World(pod());
  world.holds = new Set(["createContainer"]);
  world.start();
  world.take();
  world.delete(30);
  deepEqual(world.take(), []);
  world.finish("createContainer");
  deepEqual(world.take(), ["stopSandbox", "release", "deletePod"]);
});

test("a failed liveness probe restarts the container with the probe's own grace", () => {
  const livenessProbe = {
    exec: { command: ["check"] },
    periodSeconds: 10,
    failureThreshold: 3,
    terminationGracePeriodSeconds: 7,
  };
  const world = new World(pod({ containers: [container("app", { livenessProbe })] })).start();
  world.answers = { probe: () => ({ ok: true, isHealthy: false, output: "no" }) };
  world.take();
  world.takeEvents();
  world.advance(seconds(29));
  deepEqual(world.take(), ["probe app liveness", "probe app liveness"]);
  world.advance(seconds(1));
  deepEqual(world.take(), [
    "probe app liveness",
    "stopContainer app 7",
    "inspectImage app",
    "createContainer app 1",
    "startContainer app",
  ]);
  deepEqual(world.takeEvents().slice(2, 4), [
    "Warning Unhealthy Liveness probe failed: no",
    "Normal Killing Container app failed liveness probe, will be restarted",
  ]);
});

test("readiness follows its probe, both ways", () => {
  const readinessProbe = { exec: { command: ["check"] }, periodSeconds: 10, failureThreshold: 1 };
  const world = new World(pod({ containers: [container("app", { readinessProbe })] }));
  let isHealthy = false;
  world.answers = { probe: () => ({ ok: true, isHealthy, output: "" }) };
  world.start();
  equal(readyOf(world), "False");
  isHealthy = true;
  world.advance(100);
  equal(readyOf(world), "True");
  isHealthy = false;
  world.advance(seconds(10));
  equal(readyOf(world), "False");
  match(
    world.pod.status.conditions?.find(({ type }) => type === "Ready")?.message ?? "",
    /unready status: \[app\]/,
  );
});

test("nobody is asked for readiness before its delay is over: until then it is not ready", () => {
  const exec = { command: ["check"] };
  const readinessProbe = { exec, initialDelaySeconds: 30, periodSeconds: 5 };
  const world = new World(pod({ containers: [container("app", { readinessProbe })] })).start();
  world.take();
  world.advance(seconds(30) - 1);
  deepEqual(world.take(), []);
  equal(readyOf(world), "False");
  world.advance(1);
  deepEqual(world.take(), ["probe app readiness"]);
  equal(readyOf(world), "True");
  equal(world.pod.status.containerStatuses?.[0]?.restartCount, 0);
});

test("other probes wait for the startup probe", () => {
  const exec = { command: ["check"] };
  const app = container("app", {
    startupProbe: { exec, periodSeconds: 5, failureThreshold: 2 },
    readinessProbe: { exec, periodSeconds: 1 },
  });
  const world = new World(pod({ containers: [app] }));
  world.answers = { probe: () => ({ ok: true, isHealthy: false, output: "" }) };
  world.start();
  world.advance(seconds(4));
  equal(world.log.includes("probe app readiness"), false);
  equal(world.pod.status.containerStatuses?.[0]?.started, false);
  world.answers = {};
  world.advance(seconds(5));
  equal(world.log.includes("probe app readiness"), true);
  equal(readyOf(world), "True");
});

test("a probe that went wrong itself changes nothing", () => {
  const readinessProbe = { exec: { command: ["check"] }, periodSeconds: 1, failureThreshold: 1 };
  const world = new World(pod({ containers: [container("app", { readinessProbe })] })).start();
  equal(readyOf(world), "True");
  world.takeEvents();
  world.answers = { probe: () => ({ ok: false, message: "broken" }) };
  world.advance(seconds(3));
  equal(readyOf(world), "True");
  equal(
    world.takeEvents()[0],
    "Warning Unhealthy Readiness probe errored and resulted in unknown state: broken",
  );
});

test("an image that cannot be pulled: first the error, then the back-off, then again", () => {
  const world = new World(pod({ containers: [container("app", { image: "gone:1" })] }));
  world.answers = { pullImage: () => ({ ok: false, message: "rpc error: no" }) };
  world.start();
  deepEqual(waitingOf(world), { reason: "ErrImagePull", message: "rpc error: no" });
  deepEqual(world.takeEvents(), [
    'Normal Pulling Pulling image "gone:1"',
    'Warning Failed Failed to pull image "gone:1": rpc error: no',
    "Warning Failed Error: ErrImagePull",
  ]);
  world.advance(seconds(5));
  deepEqual(waitingOf(world), {
    reason: "ImagePullBackOff",
    message: 'Back-off pulling image "gone:1": ErrImagePull: rpc error: no',
  });
  deepEqual(world.takeEvents(), [
    'Normal BackOff Back-off pulling image "gone:1"',
    "Warning Failed Error: ImagePullBackOff",
  ]);
  world.answers = {};
  world.take();
  world.advance(seconds(5));
  deepEqual(world.take(), [
    "inspectImage app",
    "pullImage app",
    "createContainer app 0",
    "startContainer app",
  ]);
  equal(readyOf(world), "True");
});

test("an image that must not be pulled and is not here", () => {
  const app = container("app", { image: "gone:1", imagePullPolicy: "Never" });
  const world = new World(pod({ containers: [app] })).start();
  deepEqual(waitingOf(world), {
    reason: "ErrImageNeverPull",
    message: 'Container image "gone:1" is not present with pull policy of Never',
  });
});

test("an image name that is none", () => {
  const world = new World(pod({ containers: [container("app", { image: "No Such" })] })).start();
  equal(waitingOf(world)?.reason, "InvalidImageName");
});

test("a container that cannot be created waits and is tried again", () => {
  const world = new World(pod());
  const failure = {
    ok: false,
    reason: "CreateContainerConfigError",
    message: 'secret "s" not found',
  } as const;
  world.answers = { createContainer: () => failure };
  world.start();
  deepEqual(waitingOf(world), {
    reason: "CreateContainerConfigError",
    message: 'secret "s" not found',
  });
  equal(world.takeEvents().at(-1), 'Warning Failed Error: secret "s" not found');
  world.answers = {};
  world.advance(seconds(1));
  equal(readyOf(world), "True");
});

test("a changed image replaces the container", () => {
  const world = new World(pod()).start();
  world.take();
  world.takeEvents();
  const { pod: before } = world;
  world.see({
    ...before,
    spec: { ...before.spec, containers: [container("app", { image: "app:2" })] },
  });
  deepEqual(world.take(), [
    "stopContainer app 30",
    "inspectImage app",
    "createContainer app 1",
    "startContainer app",
  ]);
  equal(
    world.takeEvents()[0],
    "Normal Killing Container app definition changed, will be restarted",
  );
});

test("a broken sandbox is replaced, and init containers run anew", () => {
  const world = new World(pod({ initContainers: [container("setup")] })).start();
  world.exit("setup", 0);
  world.take();
  world.takeEvents();
  world.breakSandbox();
  deepEqual(world.take(), [
    "stopContainer app 30",
    "stopSandbox",
    "runSandbox 1",
    "inspectImage setup",
    "createContainer setup 1",
    "startContainer setup",
  ]);
  world.exit("setup", 0);
  deepEqual(world.take(), ["inspectImage app", "createContainer app 1", "startContainer app"]);
  equal(
    world.takeEvents()[1],
    "Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.",
  );
});

test("a pod that is done gets no new sandbox after a reboot", () => {
  const world = new World(
    pod({ restartPolicy: "OnFailure", containers: [container("a"), container("b")] }),
  );
  world.start();
  world.exit("a", 0);
  world.exit("b", 0);
  equal(phaseOf(world), "Succeeded");
  world.take();
  world.breakSandbox();
  deepEqual(world.take(), []);
});

test("a pod that is active for too long fails", () => {
  const world = new World(pod({ activeDeadlineSeconds: 60 })).start();
  world.take();
  world.advance(seconds(60));
  deepEqual(world.take(), ["stopContainer app 30", "stopSandbox", "release"]);
  equal(phaseOf(world), "Failed");
  equal(world.pod.status.reason, "DeadlineExceeded");
});

test("an ephemeral container joins a running pod and is never restarted", () => {
  const world = new World(pod()).start();
  world.take();
  const { pod: before } = world;
  const debug = container("debug");
  world.see({ ...before, spec: { ...before.spec, ephemeralContainers: [debug] } });
  deepEqual(world.take(), started("debug"));
  world.exit("debug", 1);
  deepEqual(world.take(), []);
  equal(world.pod.status.ephemeralContainerStatuses?.[0]?.state.terminated?.exitCode, 1);
});

test("of every container only the last two instances are kept", () => {
  const world = new World(pod()).start();
  for (let crash = 0; crash < 3; crash++) {
    world.exit("app", 1);
    world.advance(seconds(300));
  }
  deepEqual(
    world.runtime.containers.map(({ id }) => id),
    ["app4", "app3"],
  );
});

test("a restarted kubelet finds everything as it was and does nothing", () => {
  const readinessProbe = { exec: { command: ["check"] }, periodSeconds: 10 };
  const world = new World(pod({ containers: [container("app", { readinessProbe })] })).start();
  world.advance(seconds(60));
  const again = new World(world.pod);
  again.runtime = world.runtime;
  again.nowMs = world.nowMs;
  again.holds = new Set(["writeStatus", "probe"]);
  again.start();
  deepEqual(again.take(), ["mountVolumes", "probe app readiness"]);
  deepEqual(
    again.held.map((task) => task.do),
    ["probe"],
  );
  equal(readyOf(again), "True");
});

test("a container that was created but never started is made anew", () => {
  const world = new World(pod());
  world.holds = new Set(["startContainer"]);
  world.start();
  const again = new World(world.pod);
  again.runtime = world.runtime;
  again.start();
  deepEqual(again.take(), [
    "mountVolumes",
    "removeContainer",
    "inspectImage app",
    "createContainer app 0",
    "startContainer app",
  ]);
});

test("a restarted kubelet ends a pod that was deleted before it began: seed 395", () => {
  const before = new World(pod()).start();
  before.holds = new Set(["stopContainer"]);
  before.delete(20);
  const after = new World(before.pod);
  after.runtime = before.runtime;
  after.start();
  deepEqual(after.take(), ["stopContainer app 20", "stopSandbox", "release", "deletePod"]);
});

test("a start that was under way when the kubelet died is left alone when it succeeds", () => {
  const world = new World(pod());
  world.holds = new Set(["startContainer"]);
  world.start();
  const again = new World(world.pod);
  again.runtime = world.runtime;
  again.answers = { removeContainer: () => ({ ok: false, message: "container is starting" }) };
  again.start();
  deepEqual(again.take(), ["mountVolumes", "removeContainer"]);
  world.finish("startContainer");
  again.runtime = world.runtime;
  again.advance(seconds(1));
  again.observe({ is: "runtime", runtime: world.runtime, atMs: again.nowMs });
  again.take();
  equal(readyOf(again), "True");
  again.advance(seconds(60));
  deepEqual(again.take(), []);
});
