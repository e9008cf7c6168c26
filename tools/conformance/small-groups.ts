/** Who holds what the groups with few behaviours ask for. */
import { type Behaviours, by, row, verbs } from "./behaviour.ts";

const serviceAccount = "src/apiserver/admission/service-account.test.ts";
const union = "src/apiserver/authn/union.test.ts";
const operations = "src/apiserver/conformance/operations.test.ts";
const sigAuthOfSubresources = "src/apiserver/subresources/sig-auth.test.ts";
const tokens = "src/apiserver/subresources/tokens.test.ts";
const rootCa = "src/controllers/root-ca.test.ts";
const upkeep = "src/controllers/upkeep.test.ts";
const kubelet = "src/kubelet/kubelet.test.ts";
const volumes = "src/kubelet/volumes/volumes.test.ts";
const scheduling = "src/sim/scheduling.test.ts";
const proxy = "src/cli/proxy/proxy.test.ts";
const kubectl = "tests/kubectl.test.ts";
const tour = "tests/tour.test.ts";

export const sigAuth: Behaviours = {
  "Certificates API [Privileged:ClusterAdmin] should support CSR API operations": by(
    sigAuthOfSubresources,
    "certificate requests serve every verb, approval and status get, update and patch",
  ),
  "ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer":
    [
      ...by(union, "what others need to verify tokens is published, without the private part"),
      ...by(tokens, "accounts, but not everybody, learn how to verify tokens"),
    ],
  "ServiceAccounts should allow opting out of API token automount": [
    row(
      serviceAccount,
      'pod ${JSON.stringify(spec)}, account ${JSON.stringify(own)}: ${isMounted ? "a" : "no"} token',
      "automountServiceAccountToken",
    ),
  ],
  "ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview": by(
    tokens,
    "a token review tells who bears a token, and why not",
  ),
  "ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace": [
    ...by(
      rootCa,
      "every namespace gets the root certificates",
      "root certificates that somebody changed are put right",
    ),
    ...by(upkeep, "a new namespace gets its service account and the root certificates"),
  ],
  "ServiceAccounts should mount an API token into pods": [
    ...by(
      serviceAccount,
      "a pod runs as the default account, with token, CA and namespace mounted",
    ),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "ServiceAccounts should mount projected service account token": [
    ...by(volumes, "a token is private where it is known who reads it"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "ServiceAccounts should run through the lifecycle of a ServiceAccount": by(
    sigAuthOfSubresources,
    "a service account lives: created, patched, updated, listed by its label, deleted with others",
  ),
  "ServiceAccounts should update a ServiceAccount": by(
    sigAuthOfSubresources,
    "a service account lives: created, patched, updated, listed by its label, deleted with others",
  ),
  "SubjectReview should support SubjectReview API operations": by(
    sigAuthOfSubresources,
    "reviews agree with what a service account can do when it is impersonated",
  ),
};

export const sigCli: Behaviours = {
  "Kubectl client Guestbook application should create and stop a working application": by(
    tour,
    "up says where the application is, and it answers there",
  ),
  "Kubectl client Kubectl api-versions should check if v1 is in available api versions": by(
    kubectl,
    "explain, api-resources, api-versions, version, cluster-info",
  ),
  "Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info":
    by(kubectl, "explain, api-resources, api-versions, version, cluster-info"),
  "Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods":
    by(
      kubectl,
      "describe tells the whole story",
      "replication controllers: described, exposed, patched with their pods, scaled",
    ),
  "Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments": by(
    kubectl,
    "apply changes what changed, and diff shows it before",
  ),
  "Kubectl client Kubectl expose should create services for rc": by(
    kubectl,
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl client Kubectl label should update the label on a resource": by(
    kubectl,
    "patch, label, annotate, edit, replace",
  ),
  "Kubectl client Kubectl patch should add annotations for pods in rc": by(
    kubectl,
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl client Kubectl replace should update a single-container pod's image": by(
    kubectl,
    "patch, label, annotate, edit, replace",
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl client Kubectl run pod should create a pod from an image when restart is Never": by(
    kubectl,
    "run starts a pod, waits for it, and takes it away",
  ),
  "Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods": by(
    kubectl,
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl client Kubectl version should check is all data is printed": by(
    kubectl,
    "explain, api-resources, api-versions, version, cluster-info",
  ),
  "Kubectl client Proxy server should support --unix-socket=/path": by(
    proxy,
    "a unix socket serves its owner only, also where an old one was left",
  ),
  "Kubectl client Proxy server should support proxy with --port 0": by(
    proxy,
    "a free port is taken and told, and the API is there without credentials",
  ),
  "Kubectl client Update Demo should create and stop a replication controller": by(
    kubectl,
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl client Update Demo should scale a replication controller": by(
    kubectl,
    "replication controllers: described, exposed, patched with their pods, scaled",
  ),
  "Kubectl logs logs should be able to retrieve and filter logs": by(
    kubectl,
    "logs may be cut by lines, by bytes and by time",
  ),
};

export const sigInstrumentation: Behaviours = {
  "Events API should delete a collection of events": [verbs("events")],
  "Events API should ensure that an event can be fetched, patched, deleted, and listed": [
    verbs("events"),
  ],
  "Events should delete a collection of events": [
    verbs("events"),
    ...by(
      operations,
      "events of the core group are those of events.k8s.io, written and read either way",
    ),
  ],
  "Events should manage the lifecycle of an event": by(
    operations,
    "events of the core group are those of events.k8s.io, written and read either way",
  ),
};

export const sigScheduling: Behaviours = {
  "LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.":
    by(scheduling, "a limit range fills in what pods do not say, and refuses what is outside"),
  "LimitRange should list, patch and delete a LimitRange by collection": by(
    scheduling,
    "limit ranges are listed by label, patched, and deleted in one namespace",
  ),
  "SchedulerPredicates [Serial] validates resource limits of pods that are allowed to run": by(
    scheduling,
    "a pod that asks for more than any node has left waits",
  ),
  "SchedulerPredicates [Serial] validates that NodeSelector is respected if matching": by(
    scheduling,
    "a node selector is kept",
  ),
  "SchedulerPredicates [Serial] validates that NodeSelector is respected if not matching": by(
    scheduling,
    "a node selector is kept",
  ),
  "SchedulerPredicates [Serial] validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP":
    by(scheduling, "a host port on all addresses is taken on each"),
  "SchedulerPreemption [Serial] PreemptionExecutionPath runs ReplicaSets to verify preemption running path":
    by(scheduling, "replica sets of rising priority push each other out until the counts fit"),
  "SchedulerPreemption [Serial] PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods":
    [
      ...by(scheduling, "the value of a priority class stays, the rest of it may change"),
      verbs("priorityclasses"),
    ],
  "SchedulerPreemption [Serial] validates basic preemption works": [
    row(
      scheduling,
      "a pod of class ${name} takes the place of a less important one, who is told",
      "a pod of class ${name}",
    ),
  ],
  "SchedulerPreemption [Serial] validates lower priority pod preemption by critical pod": [
    row(
      scheduling,
      "a pod of class ${name} takes the place of a less important one, who is told",
      "a pod of class ${name}",
    ),
  ],
  "SchedulerPreemption [Serial] validates pod disruption condition is added to the preempted pod": [
    row(
      scheduling,
      "a pod of class ${name} takes the place of a less important one, who is told",
      "a pod of class ${name}",
    ),
  ],
};
