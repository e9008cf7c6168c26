-- GET $URLPATH with bearer $TOKEN.
function init()
  path = os.getenv("URLPATH")
  headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Accept"] = "application/json" }
end

function request()
  return wrk.format("GET", path, headers)
end

function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status))
end
