/** Who holds what the group sig-api-machinery asks for. */
import { type Behaviours, by, row, statusOf, verbs } from "./behaviour.ts";

const check = "src/apiserver/admission/expressions/check.test.ts";
const api = "src/apiserver/admission/policies/api.test.ts";
const mutating = "src/apiserver/admission/policies/mutating.test.ts";
const validating = "src/apiserver/admission/policies/validating.test.ts";
const resourceQuota = "src/apiserver/admission/quota/resource-quota.test.ts";
const customResources = "src/apiserver/admission/webhooks/custom-resources.test.ts";
const failure = "src/apiserver/admission/webhooks/failure.test.ts";
const match = "src/apiserver/admission/webhooks/match.test.ts";
const mutatingOfWebhooks = "src/apiserver/admission/webhooks/mutating.test.ts";
const validatingOfWebhooks = "src/apiserver/admission/webhooks/validating.test.ts";
const aggregation = "src/apiserver/aggregation/aggregation.test.ts";
const openWatch = "src/apiserver/cache/open-watch.test.ts";
const definitions = "src/apiserver/conformance/definitions.test.ts";
const discovery = "src/apiserver/conformance/discovery.test.ts";
const fieldValidation = "src/apiserver/conformance/field-validation.test.ts";
const operations = "src/apiserver/conformance/operations.test.ts";
const quotas = "src/apiserver/conformance/quotas.test.ts";
const watching = "src/apiserver/conformance/watching.test.ts";
const endpoints = "src/apiserver/endpoints/endpoints.test.ts";
const conversion = "src/apiserver/extension/conversion.test.ts";
const customResourcesOfExtension = "src/apiserver/extension/custom-resources.test.ts";
const parts = "src/apiserver/extension/parts.test.ts";
const read = "src/apiserver/verbs/read.test.ts";
const namespace = "src/controllers/namespace.test.ts";
const upkeep = "src/controllers/upkeep.test.ts";
const extension = "tests/extension/extension.test.ts";

export const sigApiMachinery: Behaviours = {
  "API priority and fairness should support FlowSchema API operations": [
    verbs("flowschemas"),
    statusOf("flowschemas"),
  ],
  "API priority and fairness should support PriorityLevelConfiguration API operations": [
    verbs("prioritylevelconfigurations"),
    statusOf("prioritylevelconfigurations"),
  ],
  "AdmissionWebhook [Privileged:ClusterAdmin] listing mutating webhooks should work": [
    row(api, "${plural} serve every verb", "mutatingwebhookconfigurations"),
    ...by(
      mutatingOfWebhooks,
      "mutation begins and ends with the rules, and with the configuration",
    ),
  ],
  "AdmissionWebhook [Privileged:ClusterAdmin] listing validating webhooks should work": [
    row(api, "${plural} serve every verb", "validatingwebhookconfigurations"),
    ...by(
      validatingOfWebhooks,
      "a configuration is in force as soon as it is written, changed or gone",
    ),
  ],
  "AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a mutating webhook should work": by(
    mutatingOfWebhooks,
    "mutation begins and ends with the rules, and with the configuration",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a validating webhook should work":
    by(
      validatingOfWebhooks,
      "a configuration is in force as soon as it is written, changed or gone",
    ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update mutating webhook configurations with match conditions":
    by(
      failure,
      "match conditions of ${type} webhooks are stored, replaced, and count as they stand",
    ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update validating webhook configurations with match conditions":
    by(
      failure,
      "match conditions of ${type} webhooks are stored, replaced, and count as they stand",
    ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny attaching pod": by(
    validatingOfWebhooks,
    "connections can be refused: attach",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny custom resource creation, update and deletion":
    by(customResources, "custom resources and their definitions can be refused"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny pod and configmap creation": [
    ...by(validatingOfWebhooks, "a webhook refuses a write, with its reason"),
    ...by(failure, "nobody waits longer for a webhook than its timeout"),
    ...by(match, "a namespace selector looks at the labels of the namespace"),
  ],
  "AdmissionWebhook [Privileged:ClusterAdmin] should deny crd creation": by(
    customResources,
    "custom resources and their definitions can be refused",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should honor timeout": by(
    failure,
    "nobody waits longer for a webhook than its timeout",
    "a webhook that takes its time, but not too long, is heard",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should include webhook resources in discovery documents":
    by(discovery, "kinds that extend the API are in the documents of their groups"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate configmap": by(
    mutatingOfWebhooks,
    "webhooks change the object one after the other, in the order of their names",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource": by(
    customResources,
    "custom resources are mutated, and pruned of what their schema does not know",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource with different stored version":
    by(
      customResources,
      "custom resources are shown in the version of the rule, whichever is stored",
    ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource with pruning": by(
    customResources,
    "custom resources are mutated, and pruned of what their schema does not know",
  ),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate everything except 'skip-me' configmaps":
    by(failure, "a webhook sees only what meets all of its conditions"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should mutate pod and apply defaults after mutation":
    by(mutatingOfWebhooks, "what a webhook adds gets defaults, and what it makes up is left out"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should not be able to mutate or prevent deletion of webhook configuration objects":
    by(validatingOfWebhooks, "webhooks cannot touch configurations of webhooks"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating webhook configurations with invalid match conditions":
    by(check, "match conditions of webhooks are refused where they are written"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should reject validating webhook configurations with invalid match conditions":
    by(check, "match conditions of webhooks are refused where they are written"),
  "AdmissionWebhook [Privileged:ClusterAdmin] should unconditionally reject operations on fail closed webhook":
    by(
      failure,
      "a webhook that fails refuses the write, or lets it pass, as its failure policy says",
    ),
  "AggregatedDiscovery should support aggregated discovery interface": by(
    discovery,
    "aggregated discovery has every group, version and resource that plain discovery has",
  ),
  "AggregatedDiscovery should support aggregated discovery interface for CRDs": by(
    discovery,
    "a new definition is in the aggregated discovery, its versions the preferred one first",
  ),
  "AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers": [
    ...by(
      discovery,
      "aggregated discovery has every group, version and resource that plain discovery has",
    ),
    ...by(endpoints, "aggregated discovery, and nothing again when nothing changed"),
  ],
  "AggregatedDiscovery should support raw aggregated discovery request for CRDs": by(
    discovery,
    "a new definition is in the aggregated discovery, its versions the preferred one first",
  ),
  "Aggregator Should be able to support the 1.17 Sample API Server using the current Aggregator [LinuxOnly]":
    [
      ...by(extension, "an extension server is used with kubectl like any other part of the API"),
      ...by(aggregation, "every verb reaches the extension server, and its answers come back"),
    ],
  "CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert a non homogeneous list of CRs":
    by(
      conversion,
      "a list of objects that are stored in different versions is converted in one call",
    ),
  "CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert from CR v1 to CR v2":
    by(
      conversion,
      "an object is converted when it is read in another version, and back when it is written",
    ),
  "CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects":
    by(watching, "a watch of custom resources hears of all that becomes of them"),
  "CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition creating/deleting custom resource definition objects works":
    by(
      customResourcesOfExtension,
      "a definition is granted its names and established",
      "a deleted definition takes its objects with it, finalizers permitting",
    ),
  "CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works":
    by(definitions, "the status of a definition is read, updated and patched, and stays"),
  "CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition listing custom resource definition objects works":
    by(definitions, "definitions are listed by label, and exactly those are deleted together"),
  "CustomResourceDefinition resources [Privileged:ClusterAdmin] custom resource defaulting for requests and from storage works":
    by(
      definitions,
      "defaults fill what is asked for and what was stored; what was stored with one keeps it",
    ),
  "CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents":
    by(discovery, "kinds that extend the API are in the documents of their groups"),
  "CustomResourceFieldSelectors [Privileged:ClusterAdmin] CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector":
    [
      ...by(parts, "selectable fields select, in lists and watches"),
      ...by(conversion, "fields are selected as the version has them, in lists and watches"),
    ],
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes definition from spec when one version gets changed to not be served":
    by(definitions, "a version that is renamed, or not served any more, leaves what is published"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the published spec when one version gets renamed":
    by(definitions, "a version that is renamed, or not served any more, leaves what is published"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields at the schema root":
    by(definitions, "where unknown fields are kept, the published schema lets them pass"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields in an embedded object":
    by(definitions, "where unknown fields are kept, the published schema lets them pass"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD with validation schema": by(
    extension,
    "custom resources are explained, shown, scaled and checked",
  ),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD without validation schema":
    by(definitions, "where unknown fields are kept, the published schema lets them pass"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of different groups":
    by(definitions, "each version, kind and group is published with the schema it has"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group and version but different kinds":
    by(definitions, "each version, kind and group is published with the schema it has"),
  "CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group but different versions":
    by(definitions, "each version, kind and group is published with the schema it has"),
  "Discovery should locate the groupVersion and a resource within each APIGroup": by(
    discovery,
    "every group prefers one of its versions, and each version lists resources of its own",
  ),
  "Discovery should validate PreferredVersion for each APIGroup": by(
    discovery,
    "every group prefers one of its versions, and each version lists resources of its own",
  ),
  "FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema":
    by(
      fieldValidation,
      "a schema that keeps what it does not know has nothing to say, but of what comes twice",
    ),
  "FieldValidation should create/apply a valid CR for CRD with validation schema": by(
    extension,
    "custom resources are explained, shown, scaled and checked",
  ),
  "FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema":
    by(extension, "custom resources are explained, shown, scaled and checked"),
  "FieldValidation should detect duplicates in a CR when preserving unknown fields": by(
    fieldValidation,
    "a schema that keeps what it does not know has nothing to say, but of what comes twice",
  ),
  "FieldValidation should detect unknown and duplicate fields of a typed object": by(
    fieldValidation,
    "of a built-in kind: unknown, repeated, and in the metadata",
  ),
  "FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR":
    by(fieldValidation, "metadata has no other fields, at the root and in what is embedded"),
  "FieldValidation should detect unknown metadata fields of a typed object": by(
    fieldValidation,
    "of a built-in kind: unknown, repeated, and in the metadata",
  ),
  "Garbage collector should delete RS created by deployment when not orphaning": by(
    upkeep,
    "with a deployment goes all that was made for it",
  ),
  "Garbage collector should delete pods created by rc when not orphaning": by(
    upkeep,
    "with a replication controller go its pods, in the background or before it, unless they are orphaned",
  ),
  "Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so [Serial]":
    by(
      upkeep,
      "a controller that is deleted in the foreground stays until the last of its pods is gone",
    ),
  "Garbage collector should not be blocked by dependency circle": by(
    upkeep,
    "pods that own each other in a ring all go when one of them is deleted",
  ),
  "Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted [Serial]":
    by(upkeep, "pods that have another living owner outlive one that is deleted in the foreground"),
  "Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan":
    by(upkeep, "a deployment that is deleted alone leaves its set and its pods to nobody"),
  "Garbage collector should orphan pods created by rc if delete options say so [Serial]": by(
    upkeep,
    "with a replication controller go its pods, in the background or before it, unless they are orphaned",
  ),
  "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment": by(
    mutating,
    "a Deployment is changed by a configuration that is merged into it",
  ),
  "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment with annotations":
    by(mutating, "annotations and labels are merged key by key"),
  "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicy API operations":
    [row(api, "${plural} serve every verb", "mutatingadmissionpolicies")],
  "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicyBinding API operations":
    [row(api, "${plural} serve every verb", "mutatingadmissionpolicybindings")],
  "Namespaces [Serial] should apply a finalizer to a Namespace": by(
    operations,
    "a namespace is patched, updated, given a finalizer and a status, and takes it all back",
  ),
  "Namespaces [Serial] should apply an update to a Namespace": by(
    operations,
    "a namespace is patched, updated, given a finalizer and a status, and takes it all back",
  ),
  "Namespaces [Serial] should apply changes to a namespace status": by(
    operations,
    "a namespace is patched, updated, given a finalizer and a status, and takes it all back",
  ),
  "Namespaces [Serial] should ensure that all pods are removed when a namespace is deleted": by(
    upkeep,
    "a deleted namespace goes, with everything in it",
  ),
  "Namespaces [Serial] should ensure that all services are removed when a namespace is deleted": by(
    upkeep,
    "a deleted namespace goes, with everything in it",
  ),
  "Namespaces [Serial] should patch a Namespace": by(
    operations,
    "a namespace is patched, updated, given a finalizer and a status, and takes it all back",
  ),
  "OrderedNamespaceDeletion namespace deletion should delete pod first": by(
    namespace,
    "pods go before what they use",
  ),
  "ResourceQuota should apply changes to a resourcequota status": by(
    quotas,
    "the status of a quota is its own: limits written there are no limits of the spec",
  ),
  "ResourceQuota should be able to update and delete ResourceQuota.": [verbs("resourcequotas")],
  "ResourceQuota should create a ResourceQuota and capture the life of a configMap.": [
    row(
      quotas,
      '${at} is counted as ${Object.keys(used).join(", ")}, and freed',
      'configmaps: "1"',
    ),
  ],
  "ResourceQuota should create a ResourceQuota and capture the life of a pod.": [
    row(quotas, '${at} is counted as ${Object.keys(used).join(", ")}, and freed', 'pods: "1"'),
    ...by(resourceQuota, "a change that uses no more and no less leaves the quota alone"),
  ],
  "ResourceQuota should create a ResourceQuota and capture the life of a replica set.": [
    row(
      quotas,
      '${at} is counted as ${Object.keys(used).join(", ")}, and freed',
      '"count/replicasets.apps": "1"',
    ),
  ],
  "ResourceQuota should create a ResourceQuota and capture the life of a replication controller.": [
    row(
      quotas,
      '${at} is counted as ${Object.keys(used).join(", ")}, and freed',
      'replicationcontrollers: "1"',
    ),
  ],
  "ResourceQuota should create a ResourceQuota and capture the life of a secret.": [
    row(quotas, '${at} is counted as ${Object.keys(used).join(", ")}, and freed', 'secrets: "1"'),
  ],
  "ResourceQuota should create a ResourceQuota and capture the life of a service.": [
    row(
      quotas,
      '${at} is counted as ${Object.keys(used).join(", ")}, and freed',
      '"services.loadbalancers": "1"',
    ),
  ],
  "ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.": [
    row(
      quotas,
      '${at} is counted as ${Object.keys(used).join(", ")}, and freed',
      'configmaps: "1"',
    ),
  ],
  "ResourceQuota should manage the lifecycle of a ResourceQuota": [verbs("resourcequotas")],
  "ResourceQuota should verify ResourceQuota with best effort scope.": by(
    quotas,
    "scopes tell pods with and without a deadline, with and without requests, apart",
  ),
  "ResourceQuota should verify ResourceQuota with terminating scopes.": by(
    quotas,
    "scopes tell pods with and without a deadline, with and without requests, apart",
  ),
  "Servers with support for API chunking should return chunks of results for list calls": by(
    read,
    "pages show the state at which the list began, whatever happens in between",
    "a page that fits exactly is the last one",
  ),
  "Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow]":
    by(read, "when history is gone, a list can be continued inconsistently"),
  "Servers with support for Table transformation should return a 406 for a backend which does not implement metadata":
    by(discovery, "a review has no table, and nothing else was accepted: 406"),
  "ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow expressions to refer variables.":
    by(validating, "variables are made of each other, and only when they are read"),
  "ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations":
    [
      row(api, "${plural} serve every verb", "validatingadmissionpolicies"),
      ...by(api, "the status of a policy is a part of its own"),
    ],
  "ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations":
    [row(api, "${plural} serve every verb", "validatingadmissionpolicybindings")],
  "ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate against a Deployment": by(
    validating,
    "a Deployment that breaks an expression is refused, one that fits is not",
  ),
  "Watchers should be able to restart watching from the last resource version observed by the previous watch":
    by(watching, "a watch goes on from the revision that another one saw last"),
  "Watchers should be able to start watching from a specific resource version": by(
    openWatch,
    "with a revision only what came after it",
  ),
  "Watchers should observe add, update, and delete watch notifications on configmaps": by(
    watching,
    "several watches of labels hear all that they select, and nothing else",
  ),
  "Watchers should observe an object deletion if it stops meeting the requirements of the selector":
    by(
      openWatch,
      "moving into a selection is ADDED, out of it is DELETED with the last state inside",
    ),
  "Watchers should receive events on concurrent watches in same order": by(
    watching,
    "watches from different revisions hear the same in the same order",
  ),
  "server version should find the server version": by(
    endpoints,
    "version, root and paths of the composer's own",
  ),
};
