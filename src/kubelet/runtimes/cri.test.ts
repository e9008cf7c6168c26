import { systemClock } from "#host/clock.ts";
import { cgroupfs } from "./cgroupfs.ts";
import { criRuntime } from "./cri.ts";
import { type RuntimeWorld, runtimeSuite } from "./suite.ts";
import { startContainerd, whyNoContainerd } from "./testing.ts";

async function open(): Promise<RuntimeWorld> {
  const containerd = await startContainerd();
  const runtime = criRuntime({ socket: containerd.socket, clock: systemClock });
  return {
    runtime,
    image: containerd.image,
    logFolder: `${containerd.folder}/logs`,
    commands: {
      sleeps: ["sleep", "1000"],
      stopsWith: (code) => [
        "sh",
        "-c",
        `trap 'exit ${code}' TERM; while true; do sleep 0.05; done`,
      ],
      exitsWith: (code) => ["sh", "-c", `exit ${code}`],
      says: (text) => ["echo", text],
      absent: ["/no/such/program"],
    },
    async [Symbol.asyncDispose]() {
      runtime[Symbol.dispose]();
      await containerd[Symbol.asyncDispose]();
      await cgroupfs({ clock: systemClock }).remove("/k8ts-suite");
    },
  };
}

runtimeSuite("containerd over CRI", open, { skip: whyNoContainerd() });
