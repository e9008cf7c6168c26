import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { FeatureGates } from "#api/feature-gates.ts";
import type { HttpHeaders, HttpRequest, HttpResponse } from "#base/http.ts";
import { seededRandom } from "#base/random.ts";
import { ManualClock } from "#base/testing.ts";
import { componentPages } from "./component-pages.ts";
import type { ServerFacts } from "./facts.ts";

const asking = (headers: HttpHeaders): HttpRequest => ({ headers }) as HttpRequest;

const textOf = ({ body }: HttpResponse): string => Buffer.from(body as Uint8Array).toString();

function setUp(gates?: FeatureGates) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const program = { version: "v1.36.0", flags: { config: "/etc/k.yaml" }, random: seededRandom(1) };
  const facts = { program: { ...program, gates }, workshop: { clock } } as unknown as ServerFacts;
  return { clock, pages: componentPages(facts) };
}

test("the kubelet tells what it is, and with which flags it was started", () => {
  const { clock, pages } = setUp();
  clock.advance(3_600_000);
  const status = pages["statusz"]?.(asking({}));
  match(
    status ? textOf(status) : "",
    /^\nkubelet statusz\nWarning: .*\n\n.*\nUp(:|: |=| ) 1 hr 00 min/,
  );
  const accept = "application/json;v=v1alpha1;g=config.k8s.io;as=Flagz";
  const flags = pages["flagz"]?.(asking({ accept }));
  deepEqual(JSON.parse(flags ? textOf(flags) : ""), {
    kind: "Flagz",
    apiVersion: "config.k8s.io/v1alpha1",
    metadata: { name: "kubelet" },
    flags: { config: "/etc/k.yaml" },
  });
  equal(
    flags?.headers["warning"],
    '299 - "This version of the flagz endpoint is deprecated. Please use a newer version."',
  );
  throws(() => pages["flagz"]?.(asking({ accept: "application/json" })), {
    status: 406,
    message:
      "only the following media types are accepted: application/json, application/yaml, text/plain\n",
  });
});

test("without its gate a page is not there", () => {
  deepEqual(Object.keys(setUp(new FeatureGates({ ComponentStatusz: false })).pages), ["flagz"]);
});
