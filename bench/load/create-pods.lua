-- POST unique pods of an ordinary size into the namespace $NS, with bearer $TOKEN. Gated: no scheduler looks at them.
local threads = 0
local counter = 0

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end

function init()
  prefix = os.getenv("RUN") .. "-" .. id .. "-"
  path = "/api/v1/namespaces/" .. os.getenv("NS") .. "/pods"
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
    ["Content-Type"] = "application/json",
  }
end

function request()
  counter = counter + 1
  local body = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"' .. prefix .. counter
    .. '","labels":{"app":"bench","pod-template-hash":"7d4b9c6f5d"}},"spec":{"schedulingGates":[{"name":"bench"}],'
    .. '"containers":[{"name":"main","image":"registry.example.com/app:1.2.3","args":["--port","8080"],'
    .. '"ports":[{"name":"http","containerPort":8080}],"env":[{"name":"LEVEL","value":"info"}],'
    .. '"resources":{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"cpu":"500m","memory":"128Mi"}},'
    .. '"readinessProbe":{"httpGet":{"path":"/ready","port":8080}}}]}}'
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status))
end
