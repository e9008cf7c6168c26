/** Who holds what the group sig-apps asks for. */
import { type Behaviours, by, row, statusOf, verbs } from "./behaviour.ts";

const operations = "src/apiserver/conformance/operations.test.ts";
const pods = "src/apiserver/subresources/pods.test.ts";
const scale = "src/apiserver/verbs/scale.test.ts";
const budgets = "src/controllers/budgets.test.ts";
const cronjob = "src/controllers/cronjob.test.ts";
const daemons = "src/controllers/daemons.test.ts";
const daemonset = "src/controllers/daemonset.test.ts";
const deployment = "src/controllers/deployment.test.ts";
const job = "src/controllers/job.test.ts";
const replicaset = "src/controllers/replicaset.test.ts";
const rollout = "src/controllers/rollout.test.ts";
const stateful = "src/controllers/stateful.test.ts";
const statefulset = "src/controllers/statefulset.test.ts";
const upkeep = "src/controllers/upkeep.test.ts";
const workloads = "src/controllers/workloads.test.ts";
const kubectl = "tests/kubectl.test.ts";
const tour = "tests/tour.test.ts";

export const sigApps: Behaviours = {
  "ControllerRevision [Serial] should manage the lifecycle of a ControllerRevision": [
    verbs("controllerrevisions"),
    ...by(daemonset, "old revisions beyond the limit go, those that pods have do not"),
  ],
  "CronJob should not schedule jobs when suspended [Slow]": by(
    cronjob,
    "a suspended cron job starts nothing, and with it goes what it made",
  ),
  "CronJob should not schedule new jobs when ForbidConcurrent [Slow]": by(
    cronjob,
    "Forbid never runs two jobs at once, Allow does, Replace stops the first",
  ),
  "CronJob should replace jobs when ReplaceConcurrent": by(
    cronjob,
    "Forbid never runs two jobs at once, Allow does, Replace stops the first",
  ),
  "CronJob should schedule multiple jobs concurrently": by(
    cronjob,
    "Forbid never runs two jobs at once, Allow does, Replace stops the first",
  ),
  "CronJob should support CronJob API operations": [verbs("cronjobs"), statusOf("cronjobs")],
  "Daemon set [Serial] should list and delete a collection of DaemonSets": [verbs("daemonsets")],
  "Daemon set [Serial] should retry creating failed daemon pods": by(
    daemonset,
    "pods that ended are told of and make room",
  ),
  "Daemon set [Serial] should rollback without unnecessary restarts": by(
    daemons,
    "an update that is stuck spares the others, and going back restarts none of them",
  ),
  "Daemon set [Serial] should run and stop complex daemon": by(
    daemons,
    "pods come to a node with its label, and go with it",
  ),
  "Daemon set [Serial] should run and stop simple daemon": by(
    daemons,
    "each node runs one pod, and a deleted one is replaced",
  ),
  "Daemon set [Serial] should update pod when spec was updated and update strategy is RollingUpdate":
    by(daemons, "an update never lacks more pods than it may"),
  "Daemon set [Serial] should verify changes to a daemon set status": [statusOf("daemonsets")],
  "Deployment Deployment should have a working scale subresource": [
    ...by(
      scale,
      "scale shows the replicas and the selector of a workload",
      "writing the scale changes the workload, as an update of its spec",
    ),
    ...by(kubectl, "patch, label, annotate, edit, replace"),
  ],
  "Deployment RecreateDeployment should delete old pods and create new ones": by(
    rollout,
    "Recreate never runs old and new pods together",
  ),
  "Deployment RollingUpdateDeployment should delete old pods and create new ones": by(
    workloads,
    "a deployment takes over a set that its selector matches, and replaces its pods",
  ),
  "Deployment deployment should delete old replica sets": by(
    workloads,
    "no more old sets are kept than the limit says",
  ),
  "Deployment deployment should support proportional scaling": [
    row(deployment, "scaling in the middle of a rollout: ${why}", "scaling in the middle"),
  ],
  "Deployment deployment should support rollover": by(
    workloads,
    "a template that changes in the middle of a rollout ends the unfinished one",
  ),
  "Deployment should run the lifecycle of a Deployment": [
    verbs("deployments"),
    statusOf("deployments"),
  ],
  "Deployment should validate Deployment Status endpoints": [statusOf("deployments")],
  "DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets":
    [verbs("poddisruptionbudgets")],
  "DisruptionController should block an eviction until the PDB is updated to allow it": [
    ...by(pods, "a budget that is used up refuses, and says by how much"),
    ...by(budgets, "evictions go through until the budget is spent, and again when pods are back"),
  ],
  "DisruptionController should create a PodDisruptionBudget": [verbs("poddisruptionbudgets")],
  "DisruptionController should observe PodDisruptionBudget status updated": [
    row(budgets, "a budget with ${what}", "a budget with"),
  ],
  "DisruptionController should update/patch PodDisruptionBudget status": [
    statusOf("poddisruptionbudgets"),
  ],
  "Job should adopt matching orphans and release non-matching pods": by(
    job,
    "a pod that does not match any more is let go, and taken back when it does",
  ),
  "Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition":
    by(job, "an evicted pod is replaced and not counted when the policy ignores disruptions"),
  "Job should allow to use the pod failure policy on exit code to fail the job early": by(
    job,
    "a failure policy ends the job, or the index, at once",
  ),
  "Job should apply changes to a job status": [statusOf("jobs")],
  "Job should create pods for an Indexed job with completion indexes and specified hostname": by(
    job,
    "each pod of an indexed job knows its index",
  ),
  "Job should delete a job": [
    row(
      job,
      "deleted in the ${propagationPolicy} way, a job holds none of its pods",
      "deleted in the",
    ),
  ],
  "Job should execute all indexes despite some failing when using backoffLimitPerIndex": by(
    job,
    "with a limit for each index the others go on",
  ),
  "Job should manage the lifecycle of a job": [
    verbs("jobs"),
    statusOf("jobs"),
    ...by(job, "a suspended job has no pods, and its deadline begins when it is resumed"),
  ],
  "Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy": by(
    job,
    "a failure policy ends the job, or the index, at once",
  ),
  "Job should run a job to completion when tasks sometimes fail and are locally restarted": by(
    job,
    "containers that are restarted within their pod count as well",
  ),
  "Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes":
    by(job, "more failed indexes than allowed end the job"),
  "Job with successPolicy should succeeded when all indexes succeeded": [
    row(
      job,
      "a success policy is met by ${what}; the rest is stopped and counts for nothing",
      "a success policy is met",
    ),
  ],
  "Job with successPolicy succeededCount rule should succeeded even when some indexes remain pending":
    [
      row(
        job,
        "a success policy is met by ${what}; the rest is stopped and counts for nothing",
        "a success policy is met",
      ),
    ],
  "Job with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending":
    [
      row(
        job,
        "a success policy is met by ${what}; the rest is stopped and counts for nothing",
        "a success policy is met",
      ),
    ],
  "ReplicaSet Replace and Patch tests": [verbs("replicasets")],
  "ReplicaSet Replicaset should have a working scale subresource": [
    ...by(
      scale,
      "scale shows the replicas and the selector of a workload",
      "writing the scale changes the workload, as an update of its spec",
    ),
    row(operations, "the scale of ${plural} is read, updated and patched", "replicasets"),
  ],
  "ReplicaSet should adopt matching pods on creation and release no longer matching pods": by(
    replicaset,
    "an orphan that matches is adopted, after asking whether the set is still there",
    "a pod that no longer matches is let go before anything else",
  ),
  "ReplicaSet should list and delete a collection of ReplicaSets": [verbs("replicasets")],
  "ReplicaSet should serve a basic image on each replica with a public image": by(
    tour,
    "scaled to seven, seven serve",
  ),
  "ReplicaSet should validate Replicaset Status endpoints": [statusOf("replicasets")],
  "ReplicationController should adopt matching pods on creation": by(
    upkeep,
    "orphaned pods stay, and are adopted by the next ReplicaSet that selects them",
  ),
  "ReplicationController should get and update a ReplicationController scale": [
    row(
      operations,
      "the scale of ${plural} is read, updated and patched",
      "replicationcontrollers",
    ),
  ],
  "ReplicationController should release no longer matching pods": by(
    upkeep,
    "a replication controller keeps its pods, and replaces one whose label is changed",
  ),
  "ReplicationController should serve a basic image on each replica with a public image": by(
    tour,
    "as in 2014: a replication controller, and its rolling update",
  ),
  "ReplicationController should surface a failure condition on a common issue like exceeded quota":
    by(workloads, "a controller over its quota says so, until it asks for less"),
  "ReplicationController should test the lifecycle of a ReplicationController": [
    verbs("replicationcontrollers"),
    statusOf("replicationcontrollers"),
  ],
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Burst scaling should run to completion even with unhealthy pods [Slow]":
    by(
      workloads,
      "in parallel, a stateful set grows and shrinks without waiting for pods that are not well",
    ),
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow]":
    [
      ...by(stateful, "pods start one after the other and stop in reverse"),
      ...by(
        statefulset,
        "in order, the next pod waits until all before it are ready",
        "scaling down waits for a pod that is not well, unless it is that one's turn",
      ),
    ],
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Should recreate evicted statefulset":
    by(stateful, "a pod that failed is replaced under its name"),
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should have a working scale subresource":
    [
      ...by(
        scale,
        "scale shows the replicas and the selector of a workload",
        "writing the scale changes the workload, as an update of its spec",
      ),
      row(operations, "the scale of ${plural} is read, updated and patched", "statefulsets"),
    ],
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should list, patch and delete a collection of StatefulSets":
    [verbs("statefulsets")],
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform canary updates and phased rolling updates of template modifications":
    by(stateful, "only pods from the partition on are updated, and others come back as they were"),
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform rolling updates and roll backs of template modifications":
    by(
      stateful,
      "an update replaces pods from the last to the first, and going back reuses the revision",
    ),
  "StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should validate Statefulset Status endpoints":
    [statusOf("statefulsets")],
};
