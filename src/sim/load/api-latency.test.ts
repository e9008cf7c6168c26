import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { apiLatencies } from "./api-latency.ts";

const metrics = `
apiserver_request_duration_seconds_bucket{verb="POST",resource="pods",le="0.005"} 90
apiserver_request_duration_seconds_bucket{verb="POST",resource="pods",le="0.1"} 100
apiserver_request_duration_seconds_bucket{verb="POST",resource="pods",le="+Inf"} 100
apiserver_request_duration_seconds_bucket{verb="PUT",resource="pods",le="0.005"} 0
apiserver_request_duration_seconds_bucket{verb="PUT",resource="pods",le="0.1"} 97
apiserver_request_duration_seconds_bucket{verb="PUT",resource="pods",le="+Inf"} 100
apiserver_request_duration_seconds_bucket{verb="GET",resource="pods",le="0.005"} 7
apiserver_request_duration_seconds_bucket{verb="GET",resource="pods",le="+Inf"} 7
apiserver_request_duration_seconds_bucket{verb="WATCH",resource="pods",le="+Inf"} 50
`;

test("percentiles are bounds of buckets, over all verbs of a sort; watches do not count", () => {
  deepEqual(apiLatencies(metrics), {
    mutating: { requests: 200, p50Ms: 100, p99Ms: Infinity },
    reading: { requests: 7, p50Ms: 5, p99Ms: 5 },
  });
});
