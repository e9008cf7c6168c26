/** Who holds what the group sig-node asks for. */
import { type Behaviours, by, row, statusOf, verbs } from "./behaviour.ts";

const pods = "src/apiserver/admission/pods.test.ts";
const operations = "src/apiserver/conformance/operations.test.ts";
const connections = "src/apiserver/subresources/connections.test.ts";
const podsOfSubresources = "src/apiserver/subresources/pods.test.ts";
const taintEviction = "src/controllers/taint-eviction.test.ts";
const containerConfig = "src/kubelet/container/container-config.test.ts";
const environment = "src/kubelet/container/environment.test.ts";
const kubelet = "src/kubelet/kubelet.test.ts";
const imageVolumes = "src/kubelet/pod/image-volumes.test.ts";
const logs = "src/kubelet/logs/logs.test.ts";
const status = "src/kubelet/pod/status.test.ts";
const step = "src/kubelet/pod/step.test.ts";
const podsOfKubelet = "src/kubelet/pods.test.ts";
const handlers = "src/kubelet/tasks/handlers.test.ts";
const podValidation = "src/api/core/pod-validation.test.ts";
const resizing = "src/kubelet/real/resizing.test.ts";
const failing = "tests/failing.test.ts";

export const sigNode: Behaviours = {
  "ConfigMap should be consumable as environment variable names with various prefixes": by(
    environment,
    "whole objects come first, single variables win, impossible names are left out",
  ),
  "ConfigMap should be consumable via environment variable [NodeConformance]": [
    row(environment, "a variable from ${what}", "a variable from ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "ConfigMap should be consumable via the environment [NodeConformance]": by(
    environment,
    "whole objects come first, single variables win, impossible names are left out",
  ),
  "ConfigMap should fail to create ConfigMap with empty key": by(
    operations,
    "a key of ${plural} is not empty",
  ),
  "ConfigMap should run through a ConfigMap lifecycle": [verbs("configmaps")],
  "ConfigMap should update ConfigMap successfully [NodeConformance]": [verbs("configmaps")],
  "Container Lifecycle Hook when create a pod with lifecycle hook should execute poststart exec hook properly [NodeConformance]":
    by(step, "a container waits for the start hook of the one before it"),
  "Container Lifecycle Hook when create a pod with lifecycle hook should execute poststart http hook properly [NodeConformance]":
    by(step, "a container waits for the start hook of the one before it"),
  "Container Lifecycle Hook when create a pod with lifecycle hook should execute prestop exec hook properly [NodeConformance]":
    by(kubelet, "the stop hook runs before the signal"),
  "Container Lifecycle Hook when create a pod with lifecycle hook should execute prestop http hook properly [NodeConformance]":
    [
      ...by(
        handlers,
        "a hook of a web server is done whatever it answers; one that sleeps takes its time",
      ),
      ...by(step, "the stop hook runs first and takes its time from the grace period"),
    ],
  "Container Runtime blackbox test on terminated container should report termination message as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set [NodeConformance]":
    by(kubelet, "last words come from the file, and from the log only where it failed without any"),
  "Container Runtime blackbox test on terminated container should report termination message from file when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set [NodeConformance]":
    by(kubelet, "last words come from the file, and from the log only where it failed without any"),
  "Container Runtime blackbox test on terminated container should report termination message from log output if TerminationMessagePolicy FallbackToLogsOnError is set [NodeConformance]":
    [
      ...by(kubelet, "says why a container ended: its own words, its exit code, memory"),
      ...by(logs, "a container's last words are the end of its log"),
    ],
  "Container Runtime blackbox test on terminated container should report termination message if TerminationMessagePath is set as non-root user and at a non-default path [NodeConformance]":
    by(kubelet, "last words come from the file, and from the log only where it failed without any"),
  "Container Runtime blackbox test when starting a container that exits should run with the expected status [NodeConformance]":
    [
      row(
        step,
        "policy ${policy}: a container that exits with ${exitCode} makes the pod ${phase}",
        "policy ${policy}",
      ),
      row(status, "policy ${policy}, ${what}: ${phase}", "policy ${policy}"),
    ],
  "Containers should be able to override the image's default arguments (container cmd) [NodeConformance]":
    by(containerConfig, "command and arguments know the environment"),
  "Containers should be able to override the image's default command (container entrypoint) [NodeConformance]":
    by(containerConfig, "command and arguments know the environment"),
  "Containers should be able to override the image's default command and arguments [NodeConformance]":
    by(containerConfig, "command and arguments know the environment"),
  "Containers should use the image defaults if command and args are blank [NodeConformance]": by(
    containerConfig,
    "command and arguments know the environment",
  ),
  "Downward API should provide container's limits.cpu/memory and requests.cpu/memory as env vars [NodeConformance]":
    [row(environment, "a variable from ${what}", "a variable from ${what}")],
  "Downward API should provide default limits.cpu/memory from node allocatable [NodeConformance]": [
    row(environment, "a variable from ${what}", "a variable from ${what}"),
  ],
  "Downward API should provide host IP as an env var [NodeConformance]": [
    row(environment, "a variable from ${what}", "a variable from ${what}"),
  ],
  "Downward API should provide hostIPs as an env var [NodeConformance]": [
    row(environment, "a variable from ${what}", "the node's addresses"),
  ],
  "Downward API should provide pod UID as env vars [NodeConformance]": [
    row(environment, "a variable from ${what}", "the pod's UID"),
  ],
  "Downward API should provide pod name, namespace and IP address as env vars [NodeConformance]": [
    row(environment, "a variable from ${what}", "a variable from ${what}"),
  ],
  "Ephemeral Containers [NodeConformance] should update the ephemeral containers in an existing pod":
    [
      ...by(
        podsOfSubresources,
        "ephemeral containers are added, and nothing else is changed with them",
      ),
      ...by(step, "an ephemeral container joins a running pod and is never restarted"),
    ],
  "Ephemeral Containers [NodeConformance] will start an ephemeral container in an existing pod": [
    ...by(
      podsOfSubresources,
      "ephemeral containers are added, and nothing else is changed with them",
    ),
    ...by(step, "an ephemeral container joins a running pod and is never restarted"),
  ],
  "ImageVolume should succeed with pod and pull policy of Always [LinuxOnly] [MinimumKubeletVersion:1.35]":
    [
      ...by(imageVolumes, "with the policy Always it is pulled although it is here"),
      ...by(
        "src/kubelet/real/volumes.test.ts",
        "an image is a volume: all its layers, read-only, nothing in it can be executed",
      ),
    ],
  "InitContainer [NodeConformance] should invoke init containers on a RestartAlways pod": [
    ...by(step, "init containers run one after the other, then the others"),
    ...by(kubelet, "containers start in their order, and sidecars stay"),
  ],
  "InitContainer [NodeConformance] should invoke init containers on a RestartNever pod": [
    ...by(step, "init containers run one after the other, then the others"),
    ...by(kubelet, "containers start in their order, and sidecars stay"),
  ],
  "InitContainer [NodeConformance] should not start app containers and fail the pod if init containers fail on a RestartNever pod":
    by(step, "a failed init container fails the pod that is never restarted"),
  "InitContainer [NodeConformance] should not start app containers if init containers fail on a RestartAlways pod":
    by(
      status,
      "a pod is Pending until its init containers are done, and Failed when one is for good",
    ),
  "Kubelet when scheduling a busybox command in a pod should print the output to logs [NodeConformance]":
    by(kubelet, "logs are served: all of them, the end of them, and as they are written"),
  "Kubelet when scheduling a busybox command that always fails in a pod should be possible to delete [NodeConformance]":
    by(failing, "a program that fails again and again"),
  "Kubelet when scheduling a busybox command that always fails in a pod should have an terminated reason [NodeConformance]":
    by(kubelet, "says why a container ended: its own words, its exit code, memory"),
  "Kubelet when scheduling a read only busybox container should not write to root filesystem [LinuxOnly] [NodeConformance]":
    by(kubelet, "what a process may do is as the pod says"),
  "Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts [NodeConformance]":
    by(containerConfig, "/etc/hosts names the pod, and its aliases"),
  "KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [NodeConformance]": by(
    kubelet,
    "mounts and settings of every sort",
  ),
  "Lease lease API should be available": [verbs("leases")],
  "NoExecuteTaintManager Multiple Pods [Serial] evicts pods with minTolerationSeconds [Disruptive]":
    by(taintEviction, "tolerated for a while, from when it was added", "the while is over"),
  "NoExecuteTaintManager Single Pod [Serial] removing taint cancels eviction [Disruptive]": by(
    taintEviction,
    "an untainted node keeps its pods",
  ),
  "Node Lifecycle should run through the lifecycle of a node": [verbs("nodes"), statusOf("nodes")],
  "Pod InPlace Resize Container burstable pods - extended 6 containers - various operations performed (including adding limits and requests) [MinimumKubeletVersion:1.34]":
    by(resizing, "a burstable pod of six containers: raised, lowered, added to, let be"),
  "Pod InPlace Resize Container burstable pods - extended resize with equivalents [MinimumKubeletVersion:1.34]":
    by(resizing, "the same in other words changes nothing"),
  "Pod InPlace Resize Container guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, c2, decrease cpu & mem on c3 - net increase [MinimumKubeletVersion:1.34]":
    [row(resizing, "a guaranteed pod of three containers: ${name}", "more-for-two")],
  "Pod InPlace Resize Container guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, decrease cpu & mem on c2, c3 - net decrease [MinimumKubeletVersion:1.34]":
    [row(resizing, "a guaranteed pod of three containers: ${name}", "less-for-two")],
  "Pod InPlace Resize Container guaranteed pods with multiple containers 3 containers - increase: CPU (c1,c3), memory (c2, c3) ; decrease: CPU (c2) [MinimumKubeletVersion:1.34]":
    [row(resizing, "a guaranteed pod of three containers: ${name}", "this-way-and-that")],
  "Pod InPlace Resize Container resize pod via the replace endpoint [MinimumKubeletVersion:1.34]":
    by(podsOfSubresources, "resources are resized through their own door only"),
  "PodTemplates should delete a collection of pod templates": [verbs("podtemplates")],
  "PodTemplates should replace a pod template": [verbs("podtemplates")],
  "PodTemplates should run the lifecycle of PodTemplates": [verbs("podtemplates")],
  "Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete":
    by(
      operations,
      "a pod counts the changes of its spec, whatever it claims, and its graceful end",
    ),
  "Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge [MinimumKubeletVersion:1.34]":
    by(
      operations,
      "a pod counts the changes of its spec, whatever it claims, and its graceful end",
    ),
  "Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update [MinimumKubeletVersion:1.34]":
    by(
      operations,
      "a pod counts the changes of its spec, whatever it claims, and its graceful end",
    ),
  "Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu":
    by(kubelet, "runs a pod with everything in place, and tells all about it"),
  "Pods should allow activeDeadlineSeconds to be updated [NodeConformance]": by(
    step,
    "a pod that is active for too long fails",
  ),
  "Pods should be submitted and removed [NodeConformance]": [verbs("pods"), statusOf("pods")],
  "Pods should be updated [NodeConformance]": [verbs("pods"), statusOf("pods")],
  "Pods should contain environment variables for services [NodeConformance]": by(
    environment,
    "services are variables in the manner of old",
  ),
  "Pods should delete a collection of pods": [verbs("pods"), statusOf("pods")],
  "Pods should get a host IP [NodeConformance]": by(
    podsOfKubelet,
    "a pod of this node runs; a pod of another one does not",
  ),
  "Pods should patch a pod status": [verbs("pods"), statusOf("pods")],
  "Pods should run through the lifecycle of Pods and PodStatus": [verbs("pods"), statusOf("pods")],
  "Pods should support remote command execution over websockets [NodeConformance]": by(
    connections,
    "a WebSocket client is translated: input, its end, output, status",
  ),
  "Pods should support retrieving logs from the container over websockets [NodeConformance]": [
    row(connections, "logs come over a WebSocket, too, as ${protocol}", "binary.k8s.io"),
  ],
  "PreStop should call prestop when killing a pod": by(
    kubelet,
    "the stop hook runs before the signal",
  ),
  "Probing container should *not* be restarted with a /healthz http liveness probe [NodeConformance]":
    [
      row(handlers, "a probe finds ${what}", "a page that is there"),
      ...by(kubelet, "probes decide who is ready"),
    ],
  "Probing container should *not* be restarted with a GRPC liveness probe [NodeConformance]": [
    row(handlers, "a probe finds ${what}", "a page that is there"),
    ...by(kubelet, "probes decide who is ready"),
  ],
  'Probing container should *not* be restarted with a exec "cat /tmp/health" liveness probe [NodeConformance]':
    [
      row(handlers, "a probe finds ${what}", "a page that is there"),
      ...by(kubelet, "probes decide who is ready"),
    ],
  "Probing container should *not* be restarted with a tcp:8080 liveness probe [NodeConformance]": [
    row(handlers, "a probe finds ${what}", "a page that is there"),
    ...by(kubelet, "probes decide who is ready"),
  ],
  "Probing container should be restarted with a /healthz http liveness probe [NodeConformance]": [
    ...by(step, "a failed liveness probe restarts the container with the probe's own grace"),
    row(handlers, "a probe finds ${what}", "a probe finds ${what}"),
  ],
  "Probing container should be restarted with a GRPC liveness probe [NodeConformance]": [
    row(handlers, "a probe finds ${what}", "a probe finds ${what}"),
  ],
  'Probing container should be restarted with a exec "cat /tmp/health" liveness probe [NodeConformance]':
    [
      ...by(step, "a failed liveness probe restarts the container with the probe's own grace"),
      row(handlers, "a probe finds ${what}", "a probe finds ${what}"),
    ],
  "Probing container should have monotonically increasing restart count [NodeConformance]": by(
    step,
    "a crashing container is restarted at once, then later and later",
  ),
  "Probing container with readiness probe should not be ready before initial delay and never restart [NodeConformance]":
    by(step, "nobody is asked for readiness before its delay is over: until then it is not ready"),
  "Probing container with readiness probe that fails should never be ready and never restart [NodeConformance]":
    by(kubelet, "probes decide who is ready"),
  "RuntimeClass should reject a Pod requesting a deleted RuntimeClass [NodeConformance]": [
    row(pods, "${JSON.stringify(spec)} is refused: ${why}", "runtimeClassName"),
  ],
  "RuntimeClass should reject a Pod requesting a non-existent RuntimeClass [NodeConformance]": [
    row(pods, "${JSON.stringify(spec)} is refused: ${why}", "runtimeClassName"),
  ],
  "RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead [NodeConformance]":
    by(pods, "a runtime class adds its overhead and where its pods can run"),
  "RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead [NodeConformance]":
    by(pods, "a runtime class adds its overhead and where its pods can run"),
  "RuntimeClass should support RuntimeClasses API operations": [verbs("runtimeclasses")],
  "Secrets should be consumable as environment variable names variable names with various prefixes":
    by(
      environment,
      "whole objects come first, single variables win, impossible names are left out",
    ),
  "Secrets should be consumable from pods in env vars [NodeConformance]": [
    row(environment, "a variable from ${what}", "a variable from ${what}"),
  ],
  "Secrets should be consumable via the environment [NodeConformance]": by(
    environment,
    "whole objects come first, single variables win, impossible names are left out",
  ),
  "Secrets should fail to create secret due to empty secret key": by(
    operations,
    "a key of ${plural} is not empty",
  ),
  "Secrets should patch a secret": [verbs("secrets")],
  "Security Context When creating a container with runAsUser should run the container with uid 65534 [LinuxOnly] [NodeConformance]":
    [
      ...by(kubelet, "what a process may do is as the pod says"),
      ...by(containerConfig, "a container's own security settings come before the pod's"),
    ],
  "Security Context When creating a pod with privileged should run the container as unprivileged when false [LinuxOnly] [NodeConformance]":
    by(containerConfig, "seccomp, privileges and masks"),
  "Security Context When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when readOnlyRootFilesystem=false [NodeConformance]":
    by(containerConfig, "seccomp, privileges and masks"),
  "Security Context should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup [LinuxOnly]":
    [
      ...by(kubelet, "what a process may do is as the pod says"),
      ...by(containerConfig, "a container's own security settings come before the pod's"),
    ],
  "Security Context should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup [LinuxOnly]":
    [
      ...by(kubelet, "what a process may do is as the pod says"),
      ...by(containerConfig, "a container's own security settings come before the pod's"),
    ],
  "Security Context when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false [LinuxOnly] [NodeConformance]":
    [
      ...by(kubelet, "what a process may do is as the pod says"),
      ...by(containerConfig, "a container's own security settings come before the pod's"),
    ],
  "Sysctls [LinuxOnly] [NodeConformance] should reject invalid sysctls": by(
    podValidation,
    "settings of the kernel have names that it could know",
  ),
  "Sysctls [LinuxOnly] [NodeConformance] should support sysctls [Environment:NotInUserNS]": by(
    kubelet,
    "mounts and settings of every sort",
  ),
  "Variable Expansion should allow composing env vars into new env vars [NodeConformance]": by(
    environment,
    "values refer to variables before them and to services",
  ),
  "Variable Expansion should allow substituting values in a container's args [NodeConformance]": by(
    environment,
    "$(NAME) in commands: unknown names stay, $$ is a dollar",
  ),
  "Variable Expansion should allow substituting values in a container's command [NodeConformance]":
    by(environment, "$(NAME) in commands: unknown names stay, $$ is a dollar"),
  "Variable Expansion should allow substituting values in a volume subpath": [
    ...by(containerConfig, "mounts: read-only, propagation, paths below the volume"),
    row(containerConfig, "a mount refuses ${what}", "a mount refuses ${what}"),
  ],
  "Variable Expansion should fail substituting values in a volume subpath with absolute path": [
    row(containerConfig, "a mount refuses ${what}", "a mount refuses ${what}"),
  ],
  "Variable Expansion should fail substituting values in a volume subpath with backticks": [
    row(containerConfig, "a mount refuses ${what}", "a mount refuses ${what}"),
  ],
  "Variable Expansion should succeed in writing subpaths in container": [
    row(containerConfig, "a mount refuses ${what}", "a mount refuses ${what}"),
  ],
  "Variable Expansion should verify that a failing subpath expansion can be modified during the lifecycle of a container [Slow]":
    [row(containerConfig, "a mount refuses ${what}", "a mount refuses ${what}")],
  "[DRA] CRUD Tests resource.k8s.io/v1 DeviceClass": [verbs("deviceclasses")],
  "[DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim": [verbs("resourceclaims")],
  "[DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate": [verbs("resourceclaimtemplates")],
  "[DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice": [verbs("resourceslices")],
};
