/** A reporter for `node --test` that leaves the totals behind as JSON, for `tools/test.ts`. */
import type { TestEvent } from "node:test/reporters";

export default async function* count(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details.type === "suite") continue;
    if (data.skip !== undefined) skipped++;
    else if (type === "test:pass") passed++;
    else failed++;
  }
  yield JSON.stringify({ passed, failed, skipped });
}
