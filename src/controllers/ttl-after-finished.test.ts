import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Job } from "#api/batch/job.ts";
import { seconds } from "#base/clock.ts";
import { type Answer, made, testNow, told, viewOf } from "./runtime/testing.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished.ts";

interface Facts {
  readonly ttl?: number;
  readonly end?: "Complete" | "Failed";
  readonly isLeaving?: boolean;
}

/** Finished a minute ago. */
const job = ({ ttl = 60, end = "Complete", isLeaving = false }: Facts = {}): Job => {
  const time = new Date(testNow - seconds(60)).toISOString();
  return made(Job, {
    metadata: { name: "work", ...(isLeaving ? { deletionTimestamp: time } : {}) },
    spec: {
      ttlSecondsAfterFinished: ttl,
      template: { spec: { containers: [{ name: "app", image: "work" }] } },
    },
    status: { conditions: [{ type: end, status: "True", lastTransitionTime: time }] },
  });
};

const look = (cached: Job, stored: Job = cached): string[] => {
  const answer: Answer = () => ({ ok: true, found: stored });
  return told(ttlAfterFinishedController.reconcile(cached, viewOf([cached])), answer);
};

test("a job goes when its time is over, however it ended", () => {
  deepEqual(look(job()), ["fetch Job work", "delete Job work"]);
  deepEqual(look(job({ end: "Failed" })), ["fetch Job work", "delete Job work"]);
  deepEqual(look(job({ ttl: 0 })), ["fetch Job work", "delete Job work"]);
});

test("until then it is left alone", () => {
  deepEqual(look(job({ ttl: 90 })), ["wakeIn 30s"]);
  deepEqual(look(job({ isLeaving: true })), []);
});

test("what the server knows counts more than what the cache shows", () => {
  deepEqual(look(job(), job({ ttl: 100 })), ["fetch Job work", "wakeIn 40s"]);
  deepEqual(look(job(), job({ isLeaving: true })), ["fetch Job work"]);
});
