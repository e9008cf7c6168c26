/**
 * `/statusz` and `/flagz`: what the kubelet is, and with which flags it was started.
 * upstream: pkg/kubelet/server/server.go
 */
import { defaultGates } from "#api/feature-gates.ts";
import {
  type ComponentPage,
  flagPage,
  pageForm,
  pageTypes,
  statusPage,
} from "#base/component-pages.ts";
import type { HttpRequest, HttpResponse } from "#base/http.ts";
import { Refusal, text } from "./answers.ts";
import type { ServerFacts } from "./facts.ts";

const name = "kubelet";

/** Where else to look. */
const paths = ["/flagz", "/healthz", "/metrics"];

export type Page = (request: HttpRequest) => HttpResponse;

/** By the first part of the path. */
export function componentPages({ program, workshop }: ServerFacts): Readonly<Record<string, Page>> {
  const { version: gitVersion, flags = {}, gates = defaultGates, random } = program;
  const { clock } = workshop;
  const startedMs = clock.now();
  const facts = { name, startedMs, goVersion: "none", gitVersion, paths };
  return {
    ...(gates.isEnabled("ComponentStatusz")
      ? { statusz: answering(() => statusPage(facts, clock.now(), random)) }
      : {}),
    ...(gates.isEnabled("ComponentFlagz")
      ? { flagz: answering(() => flagPage(name, flags, random)) }
      : {}),
  };
}

const answering =
  (page: () => ComponentPage): Page =>
  ({ headers }) => {
    const form = pageForm(page(), headers["accept"]);
    if (!form) {
      const types = pageTypes.join(", ");
      // exact: apiserver
      throw new Refusal(406, `only the following media types are accepted: ${types}\n`);
    }
    const answer = text(form.body, 200, form.contentType);
    if (form.warning === undefined) return answer;
    const warning = `299 - ${JSON.stringify(form.warning)}`;
    return { ...answer, headers: { ...answer.headers, warning } };
  };
