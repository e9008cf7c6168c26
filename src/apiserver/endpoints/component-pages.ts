/** What this server is, and with which flags it was started: `/statusz` and `/flagz`. */
import { defaultGates, type FeatureGates } from "#api/feature-gates.ts";
import type { Info } from "#api/meta/version.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import {
  type ComponentPage,
  flagPage,
  pageForm,
  pageTypes,
  statusPage,
} from "#base/component-pages.ts";
import type { Random } from "#base/random.ts";
import type { Context } from "../context.ts";
import { notAcceptable } from "../refusals.ts";
import { bytesAnswer } from "../responses.ts";
import type { Endpoint } from "./serve.ts";

export interface ComponentPagesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly gates?: FeatureGates | undefined;
  readonly version: Info;
  /** By name, without what is secret. */
  readonly flags: Readonly<Record<string, string>>;
  /** All that the root tells of. */
  readonly paths: () => readonly string[];
}

/** exact: apiserver */
const name = "apiserver";

export function componentPages(options: ComponentPagesOptions): readonly Endpoint[] {
  const { clock, random, gates = defaultGates, version, flags, paths } = options;
  const startedMs = clock.now();
  const { goVersion, gitVersion } = version;
  const status = (): ComponentPage =>
    statusPage({ name, startedMs, goVersion, gitVersion, paths: paths() }, clock.now(), random);
  return [
    ...(gates.isEnabled("ComponentFlagz")
      ? [endpoint("/flagz", () => flagPage(name, flags, random))]
      : []),
    ...(gates.isEnabled("ComponentStatusz") ? [endpoint("/statusz", status)] : []),
  ];
}

const endpoint = (path: string, page: () => ComponentPage): Endpoint => ({
  path,
  serve: (context) => answer(page(), context),
});

function answer(page: ComponentPage, { request, warnings }: Context): ApiResponse {
  const form = pageForm(page, request.headers["accept"]);
  if (!form) throw notAcceptable(pageTypes);
  if (form.warning !== undefined) warnings.push(form.warning);
  return bytesAnswer(Buffer.from(form.body), form.contentType);
}
