-- POST unique ConfigMaps of about 1 KiB into the namespace $NS, with bearer $TOKEN.
local counter = 0
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end

function init()
  prefix = os.getenv("RUN") .. "-" .. id .. "-"
  path = "/api/v1/namespaces/" .. os.getenv("NS") .. "/configmaps"
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
    ["Content-Type"] = "application/json",
  }
  data = string.rep("x", 800)
end

function request()
  counter = counter + 1
  local body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"' .. prefix .. counter
    .. '","labels":{"bench":"create"}},"data":{"k":"' .. data .. '"}}'
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status))
end
