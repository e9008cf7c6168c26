/** One call of one webhook, up to an answer that may be believed. */
import type { AdmissionResponse } from "#api/admission/admission-review.ts";
import { badRequest } from "#api/errors.ts";
import { type Clock, seconds } from "#base/clock.ts";
import { newUid, type Random } from "#base/random.ts";
import { DeadlineExceeded, within } from "#base/deadline.ts";
import type { WebhookClient } from "./client.ts";
import type { Invocation } from "./match.ts";
import { CallFailed, Denied } from "./outcome.ts";
import { checkAnswer, reviewOf } from "./review.ts";
import { reviewRequest } from "../matching/review-request.ts";
import type { Subject } from "../matching/subject.ts";

export interface Ways {
  readonly client: WebhookClient;
  readonly clock: Clock;
  readonly random: Random;
}

interface Question extends Invocation {
  readonly subject: Subject;
  readonly isMutating: boolean;
}

/** Throws `Denied` and `CallFailed`, and BadRequest for a dry run that the webhook cannot join. */
export async function consult(ways: Ways, question: Question): Promise<AdmissionResponse> {
  const { hook, version, subject, isMutating } = question;
  const { request } = subject;
  if (request.dryRun && !hook.isHarmlessOnDryRun) {
    // exact: apiserver
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  }
  const uid = newUid(ways.random);
  const asked = reviewRequest(subject, version, uid);
  const answer = await call(ways, question, () => reviewOf(asked));
  const response = checked(question, () => checkAnswer(answer, { uid, isMutating }));
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) {
    request.annotate?.(`${hook.name}/${key}`, value);
  }
  for (const text of response.warnings ?? []) request.warn(text);
  if (!response.allowed) throw new Denied(hook, response.status);
  return response;
}

async function call(
  { client, clock }: Ways,
  { hook, subject }: Question,
  review: () => ReturnType<typeof reviewOf>,
): Promise<unknown> {
  const { timeoutSeconds, target } = hook;
  const limit = { timeoutMs: seconds(timeoutSeconds), signal: subject.request.waiting?.signal };
  try {
    return await within(clock, limit, (signal) =>
      client.call(target, review(), { timeoutSeconds, signal }),
    );
  } catch (cause) {
    const isLate = cause instanceof DeadlineExceeded;
    const post = `Post "${target.url}?timeout=${timeoutSeconds}s": `;
    const why = (isLate ? post : "") + (cause as Error).message;
    throw new CallFailed(hook, `failed to call webhook: ${why}`, { cause });
  }
}

function checked<T>({ hook }: Question, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    const why = (cause as Error).message;
    throw new CallFailed(hook, `received invalid webhook response: ${why}`, { cause });
  }
}
