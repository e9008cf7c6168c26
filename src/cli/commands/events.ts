/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/events/events.go */
import { Event } from "#api/core/event.ts";
import { type Call, defineCommand } from "../command.ts";
import { timeOf } from "../describe/events.ts";
import { since } from "../describe/times.ts";
import { flag } from "../flags.ts";
import { alignTabs, tableTabs } from "../print/tab-writer.ts";
import { choosePrinter, outputFlags } from "../print/printer.ts";
import { listOf, type Manifest } from "../resources/manifest.ts";
import { parseArguments } from "../resources/arguments.ts";
import { selectionFlags } from "../resources/select.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...outputFlags,
  "all-namespaces": selectionFlags["all-namespaces"],
  for: flag.text("only about this object", { value: "TYPE/NAME", fallback: "" }),
  types: flag.list("only of this type: Normal, Warning", { value: "TYPE" }),
  watch: flag.switch("go on with every new one", { short: "w" }),
  "no-headers": flag.switch("leave out the column headers"),
} as const;

type EventsCall = Call<typeof flags>;

export const events = defineCommand({
  name: "events",
  usage: "[--for TYPE/NAME] [--types=Normal,Warning] [-w]",
  summary: "Show what happened lately, the newest last",
  examples: ["k8ts events", "k8ts events --for pod/web -w", "k8ts events --types=Warning -A"],
  group: "debug",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    checkTypes(given.types);
    const print = await choosePrinter(given, shell);
    const session = await openSession(shell, call);
    const namespace = given["all-namespaces"] ? undefined : session.namespace;
    const fieldSelector = await selectorFor(session, given.for);
    const selection = { namespace, fieldSelector, signal: shell.signal };
    const { items, metadata } = await session.client.list(Event, selection);
    const wanted = items.filter((event) => isWanted(event, given.types));
    const sorted = wanted.toSorted((a, b) => timeOf(a) - timeOf(b));
    if (sorted.length === 0 && !given.watch)
      return shell.errors.write(
        namespace === undefined
          ? "No events found.\n"
          : `No events found in ${namespace} namespace.\n`, // exact: kubectl
      );
    const rows = rowsFor(session, call);
    const show = (some: readonly Event[], hasHeaders: boolean): void =>
      shell.output.write(
        print ? print(listOf(some as unknown as Manifest[])) : rows(some, hasHeaders),
      );
    show(sorted, !given["no-headers"]);
    if (!given.watch) return;
    const { resourceVersion = "" } = metadata;
    for await (const batch of session.client.watch(Event, { ...selection, resourceVersion })) {
      const fresh = batch.flatMap((change) => (change.type === "BOOKMARK" ? [] : [change]));
      const added = fresh.filter(({ type }) => type !== "DELETED").map(({ object }) => object);
      for (const event of added) if (isWanted(event, given.types)) show([event], false);
    }
  },
});

// exact: kubectl
function checkTypes(types: readonly string[]): void {
  const wrong = types.find((type) => !/^(normal|warning)$/i.test(type));
  if (wrong !== undefined) throw new Error("valid --types are Normal or Warning");
}

const isWanted = ({ type = "" }: Event, types: readonly string[]): boolean =>
  types.length === 0 || types.some((one) => one.toLowerCase() === type.toLowerCase());

async function selectorFor(session: Session, about: string): Promise<string> {
  if (about === "") return "";
  // exact: kubectl
  if (!about.includes("/")) throw new Error("--for must be in resource/name form");
  const named = parseArguments(await session.discovered(), [about]);
  const target = named.is === "names" ? named.targets[0] : undefined;
  const { apiVersion = "", kind = "" } = target?.resource.kind ?? {};
  return `involvedObject.apiVersion=${apiVersion},involvedObject.kind=${kind},involvedObject.name=${target?.name ?? ""}`;
}

function rowsFor({ shell }: Session, { flags: given }: EventsCall) {
  const tabs = { ...tableTabs, remembered: [] };
  const isEverywhere = given["all-namespaces"];
  const headers = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
  return (some: readonly Event[], hasHeaders: boolean): string => {
    const lines = some.map((event) => {
      const { metadata, type = "", reason = "", involvedObject, message = "" } = event;
      const object = `${involvedObject.kind}/${involvedObject.name}`;
      const cells = [seen(event, shell.clock.now()), type, reason, object, message.trim()];
      return isEverywhere ? [metadata.namespace ?? "", ...cells] : cells;
    });
    const first = isEverywhere ? ["NAMESPACE", ...headers] : headers;
    const all = hasHeaders ? [first, ...lines] : lines;
    return alignTabs(all.map((cells) => `${cells.join("\t")}\n`).join(""), tabs);
  };
}

/** exact: kubectl. `2s (x3 over 1m)` */
function seen({ series, count = 0, firstTimestamp, lastTimestamp, eventTime }: Event, now: number) {
  const first = since(firstTimestamp ?? eventTime, now);
  if (series) return `${since(series.lastObservedTime, now)} (x${series.count} over ${first})`;
  return count > 1 ? `${since(lastTimestamp, now)} (x${count} over ${first})` : first;
}
