/**
 * Rules for events, however they are written; those of events.k8s.io come on top.
 * upstream: pkg/apis/core/validation/events.go
 */
import { byteLength, dnsSubdomain, invalidEach, labelKey } from "#api/names.ts";
import { type FieldError, invalid, required } from "#schema/field-error.ts";

export interface EventParts {
  readonly metadata: { readonly namespace?: string | undefined };
  readonly involvedObject: { readonly namespace?: string | undefined };
  readonly eventTime: string | null;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
  readonly action?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export function* validateEvent(event: EventParts): Iterable<FieldError> {
  const { namespace = "" } = event.metadata;
  if (!fitsNamespace(event, namespace)) {
    const about = event.involvedObject.namespace ?? "";
    yield invalid("involvedObject.namespace", about, "does not match event.namespace");
  }
  // Events without this time are of the old sort, of which little is asked.
  if (event.eventTime !== null) yield* validateReport(event);
  yield* invalidEach("namespace", namespace, dnsSubdomain(namespace));
}

/** Events about objects without a namespace live in `default`. */
function fitsNamespace({ involvedObject, eventTime }: EventParts, namespace: string): boolean {
  const about = involvedObject.namespace ?? "";
  if (about !== "") return eventTime !== null || about === namespace;
  if (namespace === "default") return true;
  return eventTime === null ? namespace === "" : namespace === "kube-system";
}

const wordMax = 128;
const messageMax = 1024;

function* validateReport(event: EventParts): Iterable<FieldError> {
  const { reportingComponent: component } = event;
  if (component === "") yield required("reportingController");
  yield* invalidEach("reportingController", component, labelKey(component));
  for (const name of ["reportingInstance", "action", "reason"] as const) {
    const text = event[name] ?? "";
    if (text === "") yield required(name);
    yield* shortEnough(name, text, wordMax);
  }
  yield* shortEnough("message", event.message ?? "", messageMax);
}

function* shortEnough(path: string, text: string, max: number): Iterable<FieldError> {
  if (byteLength(text) > max) yield invalid(path, "", `can have at most ${max} characters`);
}
