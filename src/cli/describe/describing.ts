/** From an object to its page. */
import type { Manifest } from "../resources/manifest.ts";
import type { Target } from "../resources/select.ts";
import type { Session } from "../session.ts";
import type { AnyDescriber, Telling } from "./describer.ts";
import { describers } from "./describers.ts";
import { describeEvents, eventsAbout } from "./events.ts";
import { describeAnything } from "./generic.ts";
import { Page } from "./page.ts";

export async function pageOf(
  session: Session,
  { resource: { kind }, object }: Pick<Target, "resource" | "object">,
  showsEvents: boolean,
): Promise<string> {
  const describer = describers.find((one) => one.kind === kind);
  const wantsEvents = showsEvents && !describer?.hidesEvents;
  const events = wantsEvents ? await eventsAbout(session, kind, object) : undefined;
  const telling = { session, nowMs: session.shell.clock.now(), events };
  const page = new Page();
  await describe(page, object, { describer, telling });
  describeEvents(page, telling);
  return page.text();
}

interface Told {
  readonly describer: AnyDescriber | undefined;
  readonly telling: Telling;
}

async function describe(page: Page, object: Manifest, { describer, telling }: Told): Promise<void> {
  if (describer) await describer.describe(page, object, telling);
  else describeAnything(page, object);
}
