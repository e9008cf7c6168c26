/** Many small clusters in this process: prints what each of them costs in memory. */
import { createCluster } from "k8ts/testing";

const count = Number(process.argv[2] ?? 100);
await using all = new AsyncDisposableStack();
// What the first one compiles and makes, all others share.
all.use(await createCluster({ nodes: 1 }));
const before = process.memoryUsage.rss();
for (let seed = 1; seed <= count; seed++) all.use(await createCluster({ nodes: 1, seed }));
const bytesEach = (process.memoryUsage.rss() - before) / count;
process.stdout.write(JSON.stringify({ before, bytesEach }));
