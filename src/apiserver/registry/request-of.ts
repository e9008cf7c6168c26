import type { ApiObject } from "#api/kind.ts";
import type { AdmissionRequest, Operation } from "../admission/admission.ts";
import type { Writing } from "./kit.ts";
import type { Located } from "./registry.ts";

export interface Asked extends Located {
  readonly operation: Operation;
  readonly subresource?: string;
  readonly old?: ApiObject | undefined;
}

/** What admission is told of a write. */
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
});
