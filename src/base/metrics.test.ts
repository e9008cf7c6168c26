import { equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { exponentialBuckets, Metrics } from "./metrics.ts";

test("prints the text format that Prometheus reads", async () => {
  const metrics = new Metrics();
  const requests = metrics.counter("requests_total", "Requests.", ["verb", "code"]);
  requests.with("GET", "200").inc();
  requests.with("GET", "200").inc(2);
  requests.with("POST", 'a"b\\c\nd').inc();
  metrics.gauge("depth", "Depth.").with().set(7);
  const seconds = metrics.histogram("seconds", "Time.", ["verb"], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) seconds.with("GET").observe(value);
  equal(
    await metrics.text(),
    `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="GET",code="200"} 3
requests_total{verb="POST",code="a\\"b\\\\c\\nd"} 1

# HELP depth Depth.
# TYPE depth gauge
depth 7

# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{verb="GET",le="0.1"} 2
seconds_bucket{verb="GET",le="1"} 3
seconds_bucket{verb="GET",le="+Inf"} 4
seconds_sum{verb="GET"} 3.65
seconds_count{verb="GET"} 4
`,
  );
});

test("a counter without labels starts at zero, one with labels is silent until it counts", async () => {
  const metrics = new Metrics();
  metrics.counter("a_total", "A.");
  metrics.counter("b_total", "B.", ["x"]);
  match(await metrics.text(), /^a_total 0$/m);
  equal((await metrics.text()).includes("b_total{"), false);
});

test("two components asking for one name share it; two registries share nothing", async () => {
  const metrics = new Metrics();
  metrics.counter("a_total", "A.").with().inc();
  metrics.counter("a_total", "A.").with().inc();
  match(await metrics.text(), /^a_total 2$/m);
  match(await new Metrics().text(), /^\s*$/);
});

test("an observed gauge is read when asked for", async () => {
  const metrics = new Metrics();
  let value = 1;
  metrics.observed({ name: "g", help: "G.", labels: ["x"] }, () => [[["a"], value]]);
  value = 5;
  match(await metrics.text(), /^g\{x="a"\} 5$/m);
});

test("a removed child is no longer printed", async () => {
  const metrics = new Metrics();
  const depth = metrics.gauge("depth", "Depth.", ["queue"]);
  depth.with("a").set(1);
  depth.with("b").set(2);
  depth.remove("a");
  equal((await metrics.text()).includes('queue="a"'), false);
  match(await metrics.text(), /depth\{queue="b"\} 2/);
});

test("label values must be as many as label names", () => {
  throws(() => new Metrics().counter("a", "A.", ["x"]).with("1", "2"), /a has the labels x/);
});

test("bucket bounds", () => {
  equal(exponentialBuckets(0.001, 2, 4).join(" "), "0.001 0.002 0.004 0.008");
});
