/**
 * What happens to containers, as the runtime tells it: CRI's own event stream where there is one,
 * containerd's event service (on the same socket) before containerd 1.7.
 */
import { Bell } from "#base/signal.ts";
import { isRuntimeError, type RuntimeChange } from "../runtime.ts";
import { containerdEventsProto } from "./cri-proto.ts";
import { decoderOf, type GrpcChannel, type Method } from "./grpc-channel.ts";

const getContainerEvents: Method<CriEvent> = {
  path: "/runtime.v1.RuntimeService/GetContainerEvents",
  request: "Empty",
  response: "ContainerEventResponse",
};

const subscribe: Method<Envelope> = {
  path: "/containerd.services.events.v1.Events/Subscribe",
  request: "SubscribeRequest",
  response: "Envelope",
};

interface CriEvent {
  readonly containerId: string;
  readonly containerEventType: keyof typeof meanings;
}

const meanings = {
  CONTAINER_CREATED_EVENT: undefined,
  CONTAINER_STARTED_EVENT: "started",
  CONTAINER_STOPPED_EVENT: "exited",
  CONTAINER_DELETED_EVENT: "removed",
} as const;

export interface ChangeSources {
  readonly channel: GrpcChannel;
  readonly openEvents: () => GrpcChannel;
  /** Resolves when the runtime's statuses show that the container has ended. */
  readonly untilShown: (id: string, signal: AbortSignal) => Promise<void>;
}

export async function* criChanges(
  sources: ChangeSources,
  signal: AbortSignal,
): AsyncGenerator<RuntimeChange> {
  try {
    for await (const event of sources.channel.stream(getContainerEvents, {}, signal)) {
      const what = meanings[event.containerEventType];
      if (what) yield { id: event.containerId, what };
    }
  } catch (error) {
    if (!isRuntimeError(error, "Unimplemented")) throw error;
    yield* containerdChanges(sources, signal);
  }
}

interface Envelope {
  readonly topic: string;
  readonly event: { readonly value: Uint8Array } | null;
}

/** An exec that ends is an event too: its id is not the container's. */
interface TaskDelete {
  readonly containerId: string;
  readonly id: string;
}

const decodeTaskDelete = decoderOf(containerdEventsProto, "TaskDelete");
const decodeContainerDelete = decoderOf(containerdEventsProto, "ContainerDelete");

/** Deleting the task is the last thing that the CRI plugin does before it notes an exit. */
const topics = ["/tasks/delete", "/containers/delete"] as const;

/**
 * The event comes a little before the statuses show what happened: each exit is held back until
 * they do, without holding up the ones behind it.
 */
async function* containerdChanges(
  { openEvents, untilShown }: ChangeSources,
  signal: AbortSignal,
): AsyncGenerator<RuntimeChange> {
  using channel = openEvents();
  const shown: RuntimeChange[] = [];
  const news = new Bell();
  const show = async (change: RuntimeChange): Promise<void> => {
    if (change.what === "exited") await untilShown(change.id, signal);
    shown.push(change);
    news.ring();
  };
  const follow = async (): Promise<void> => {
    const filters = topics.map((topic) => `namespace==k8s.io,topic=="${topic}"`);
    for await (const envelope of channel.stream(subscribe, { filters }, signal)) {
      const change = changeOf(envelope);
      if (change) void show(change);
    }
  };
  const ended = new AbortController();
  const following = follow().finally(() => ended.abort());
  while (!ended.signal.aborted) {
    yield* shown.splice(0);
    if (shown.length === 0) await news.heard(ended.signal);
  }
  await following;
}

function changeOf({ topic, event }: Envelope): RuntimeChange | undefined {
  const bytes = event?.value ?? new Uint8Array();
  if (topic === "/containers/delete") {
    const { id } = decodeContainerDelete(bytes) as { readonly id: string };
    return { id, what: "removed" };
  }
  const { containerId, id } = decodeTaskDelete(bytes) as TaskDelete;
  const isExec = id !== "" && id !== containerId;
  return isExec ? undefined : { id: containerId, what: "exited" };
}
