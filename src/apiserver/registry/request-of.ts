import type { ApiObject } from "#api/kind.ts";
import type { AdmissionRequest, BodyType, Operation } from "../admission/admission.ts";
import type { Writing } from "./kit.ts";
import type { Located } from "./registry.ts";

export interface Asked extends Located {
  readonly operation: Operation;
  readonly subresource?: string;
  readonly old?: ApiObject | undefined;
  readonly body?: BodyType;
}

/** What admission is told of a write. No getters: every plugin reads it, and an object with one of its own is slow to read. */
export const requestOf = ({ kit, kind, how }: Writing, asked: Asked): AdmissionRequest => ({
  operation: asked.operation,
  kind,
  subresource: asked.subresource ?? "",
  namespace: asked.namespace,
  name: asked.name,
  old: asked.old,
  user: how.user,
  dryRun: how.dryRun,
  reader: kit.reader,
  now: kit.clock.now(),
  warn: (text) => void how.warnings.push(text),
  annotate: (key, value) => void how.annotations?.set(key, value),
  asked: how.asked,
  body: asked.body,
  isAdmitted: how.isAdmitted,
  options: how.options,
  waiting: how.waiting,
  gates: kit.gates,
});
