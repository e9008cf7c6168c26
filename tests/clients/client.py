"""What programs do with Debian's python3-kubernetes, against the cluster of the kubeconfig. Prints what came of each, as JSON."""
import faulthandler
import json
import sys
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward, stream

# Says where it waits in vain.
faulthandler.dump_traceback_later(70, exit=True)
image = sys.argv[1]
config.load_kube_config()
core = client.CoreV1Api()
apps = client.AppsV1Api()
results = {}

results["version"] = client.VersionApi().get_code().git_version.split("-")[0].split("+")[0]
results["namespaces"] = sorted(n.metadata.name for n in core.list_namespace().items)

# Objects: create, read, replace, three patches, conflict, dry run, delete.
body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="py", labels={"made": "py"}), data={"a": "1"})
made = core.create_namespaced_config_map("default", body)
first = made.metadata.resource_version
core.patch_namespaced_config_map("py", "default", {"data": {"b": "2"}})
core.patch_namespaced_config_map("py", "default", [{"op": "remove", "path": "/data/a"}])
results["patched"] = core.read_namespaced_config_map("py", "default").data
try:
    core.replace_namespaced_config_map("py", "default", made)
except ApiException as error:
    results["conflict"] = [error.status, json.loads(error.body)["reason"]]
core.patch_namespaced_config_map("py", "default", {"data": {"c": "3"}}, dry_run="All")
core.delete_namespaced_config_map("py", "default")

# A watch from the first revision replays what happened since.
seen = []
for event in watch.Watch().stream(
    core.list_namespaced_config_map, "default", label_selector="made=py",
    resource_version=first, timeout_seconds=20,
):
    seen.append([event["type"], event["object"].data])
    if event["type"] == "DELETED":
        break
results["watched"] = seen

# Pages.
for i in range(5):
    core.create_namespaced_secret("default", client.V1Secret(metadata=client.V1ObjectMeta(name=f"s{i}", labels={"made": "py"})))
pages, token = [], None
while True:
    page = core.list_namespaced_secret("default", label_selector="made=py", limit=2, _continue=token)
    pages.append(len(page.items))
    token = page.metadata._continue
    if not token:
        break
results["pages"] = pages
core.delete_collection_namespaced_secret("default", label_selector="made=py")
results["secrets"] = len(core.list_namespaced_secret("default", label_selector="made=py").items)

# A deployment, scaled; its pods.
program = "require('net').createServer((s)=>s.end('through the tunnel')).listen(9000,()=>console.log('started'))"
container = client.V1Container(name="main", image=image, command=["node", "-e", program])
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"app": "py"}),
    spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=0),
)
spec = client.V1DeploymentSpec(replicas=0, selector={"matchLabels": {"app": "py"}}, template=template)
apps.create_namespaced_deployment("default", client.V1Deployment(metadata=client.V1ObjectMeta(name="py"), spec=spec))
apps.patch_namespaced_deployment_scale("py", "default", {"spec": {"replicas": 1}})


def ready():
    pods = core.list_namespaced_pod("default", label_selector="app=py").items
    return [p for p in pods if p.status.container_statuses and p.status.container_statuses[0].ready]


while not ready():
    time.sleep(0.2)
name = ready()[0].metadata.name
while "started" not in core.read_namespaced_pod_log(name, "default"):
    time.sleep(0.2)
results["log"] = core.read_namespaced_pod_log(name, "default", tail_lines=1).strip()
asked = stream(
    core.connect_get_namespaced_pod_exec, name, "default",
    command=["node", "-e", "console.log('out');console.error('err');process.exit(3)"],
    stdout=True, stderr=True, stdin=False, tty=False, _preload_content=False,
)
asked.run_forever(timeout=30)
results["exec"] = [asked.read_stdout().strip(), asked.read_stderr().strip(), asked.returncode]
tunnel = portforward(core.connect_get_namespaced_pod_portforward, name, "default", ports="9000")
socket = tunnel.socket(9000)
socket.setblocking(True)
text = b""
while b"tunnel" not in text:
    received = socket.recv(100)
    if not received:
        raise RuntimeError(f"the tunnel ended after {text}: {tunnel.error(9000)}")
    text += received
results["port-forward"] = text.decode()

# Kinds that the client learns by discovery.
maps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
maps.create(namespace="default", body={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dyn"}, "data": {"x": "y"}})
results["dynamic"] = maps.get(name="dyn", namespace="default").data.x
apps.delete_namespaced_deployment("py", "default", propagation_policy="Foreground")
while core.list_namespaced_pod("default", label_selector="app=py").items:
    time.sleep(0.2)
results["gone"] = True
print(json.dumps(results))
