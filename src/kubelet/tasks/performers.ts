/** Who performs which task. */
import { messageOf } from "#base/failure.ts";
import type { TaskName } from "../pod/effects.ts";
import { createContainer } from "./create-container.ts";
import { postStart, preStop, probe } from "./handlers.ts";
import { inspectImage, placeImage, pullImage } from "./images.ts";
import { detailOf, done, type Performer } from "./job.ts";
import { release, remove, removeContainer } from "./removal.ts";
import { allocate, resize } from "./resize.ts";
import { runSandbox } from "./sandbox.ts";
import { deletePod, writeStatus } from "./status.ts";
import { mountVolumes, refreshVolumes } from "./volumes.ts";

/** The outcome of a call that has no result. */
async function succeeds(call: Promise<void>, text: (error: unknown) => string = messageOf) {
  try {
    await call;
    return done;
  } catch (error) {
    return { ok: false, message: text(error) } as const;
  }
}

export const performers: { readonly [K in TaskName]: Performer<K> } = {
  mountVolumes,
  refreshVolumes,
  runSandbox,
  stopSandbox: ({ workshop }, { id }) => succeeds(workshop.runtime.stopSandbox(id)),
  removeSandbox: ({ workshop }, { id }) => succeeds(workshop.runtime.removeSandbox(id)),
  inspectImage,
  pullImage,
  placeImage,
  createContainer,
  startContainer: ({ workshop }, { id }) => succeeds(workshop.runtime.startContainer(id), detailOf),
  postStart,
  preStop,
  stopContainer: ({ workshop }, { id, graceSeconds }) =>
    succeeds(workshop.runtime.stopContainer(id, graceSeconds)),
  removeContainer,
  probe,
  allocate,
  resize,
  release,
  remove,
  writeStatus: ({ workshop }, task) => writeStatus(workshop.client, task),
  deletePod: ({ workshop }, task) => deletePod(workshop.client, task),
};

/** Tasks after which the runtime has to be looked at anew. */
export const touchesRuntime: ReadonlySet<TaskName> = new Set<TaskName>([
  "runSandbox",
  "stopSandbox",
  "removeSandbox",
  "startContainer",
  "stopContainer",
  "removeContainer",
  "resize",
]);
