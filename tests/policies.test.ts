/** Admission policies as the Kubernetes documentation has them, written and felt with kubectl. */
import { equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Line, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const kubectl = (line: Line, input?: string): Promise<string> =>
  cluster.kubectl(line, input === undefined ? {} : { input });

/** What kubectl says when it is refused, warnings first. */
async function refused(line: Line, input: string): Promise<string> {
  const { code, stderr } = await cluster.tryKubectl(line, { input });
  equal(code, 1, stderr);
  return stderr;
}

const deployment = (name: string, replicas: number, namespace = "test"): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { nodeSelector: { none: such }, containers: [{ name: c, image: "k8ts.local/node:26" }] }
`;

const rules = `
  matchConstraints:
    resourceRules:
      - apiGroups: ["apps"]
        apiVersions: ["v1"]
        operations: ["CREATE", "UPDATE"]
        resources: ["deployments"]`;

test("a limit of replicas, with a custom resource as its parameter", async () => {
  await kubectl("create namespace test");
  await kubectl("label namespace test environment=test");
  const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: replicalimits.rules.example.com }
spec:
  group: rules.example.com
  scope: Namespaced
  names: { plural: replicalimits, kind: ReplicaLimit }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { maxReplicas: { type: integer } }
`;
  await kubectl("apply -f -", definition);
  await kubectl("wait --for=condition=Established crd/replicalimits.rules.example.com");
  const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: "replicalimit-policy.example.com" }
spec:
  failurePolicy: Fail
  paramKind: { apiVersion: rules.example.com/v1, kind: ReplicaLimit }${rules}
  validations:
    - expression: "object.spec.replicas <= params.maxReplicas"
      messageExpression: "'no more than ' + string(params.maxReplicas) + ' replicas'"
      reason: Invalid
  auditAnnotations:
    - key: high-replica-count
      valueExpression: "'Deployment spec.replicas set to ' + string(object.spec.replicas)"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: "replicalimit-binding-test.example.com" }
spec:
  policyName: "replicalimit-policy.example.com"
  validationActions: [Deny]
  paramRef: { name: "replica-limit-test.example.com", namespace: "default", parameterNotFoundAction: Deny }
  matchResources:
    namespaceSelector: { matchLabels: { environment: test } }
---
apiVersion: rules.example.com/v1
kind: ReplicaLimit
metadata: { name: "replica-limit-test.example.com" }
maxReplicas: 3
`;
  await kubectl("apply -f -", policy);
  await kubectl("apply -f -", deployment("fits", 3));
  match(
    await refused("apply -f -", deployment("big", 4)),
    /^The deployments "big" is invalid: : ValidatingAdmissionPolicy 'replicalimit-policy\.example\.com' with binding 'replicalimit-binding-test\.example\.com' denied request: no more than 3 replicas/,
  );
  await kubectl("apply -f -", deployment("elsewhere", 4, "default"));
  const { code, stderr } = await cluster.tryKubectl("scale deployment fits -n test --replicas=5");
  equal(code, 0, stderr);
});

test("warnings are shown, and expressions that do not fit are in the status", async () => {
  const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: deploy-replica-policy }
spec:${rules}
  validations: [{ expression: "object.spec.replicas > 1 || object.replicas > 1", message: "more than one, please" }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: deploy-replica-binding }
spec: { policyName: deploy-replica-policy, validationActions: [Warn, Audit] }
`;
  await kubectl("apply -f -", policy);
  match(
    await kubectl("get validatingadmissionpolicy deploy-replica-policy -o yaml"),
    /typeChecking:\n +expressionWarnings:\n +- fieldRef: spec\.validations\[0\]\.expression\n +warning: \|\n +apps\/v1, Kind=Deployment: ERROR: <input>:1:35: undefined field 'replicas'/,
  );
  const { code, stderr } = await cluster.tryKubectl("apply -f -", { input: deployment("one", 1) });
  equal(code, 0);
  match(
    stderr,
    /Warning: Validation failed for ValidatingAdmissionPolicy 'deploy-replica-policy' with binding 'deploy-replica-binding': expression .* resulted in error: no such key: replicas/,
  );
});

test("an expression that is none is refused at once", async () => {
  const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: broken }
spec:${rules}
  validations: [{ expression: "object.spec.replicas >" }]
`;
  match(
    await refused("apply -f -", policy),
    /spec\.validations\[0\]\.expression: Invalid value: "object\.spec\.replicas >": compilation failed: ERROR: <input>:1:\d+: /,
  );
});

test("a sidecar is put into every pod, before the pod is stored", async () => {
  const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: { name: "sidecar-policy.example.com" }
spec:
  matchConstraints:
    resourceRules:
      - { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }
  matchConditions:
    - name: does-not-already-have-sidecar
      expression: "!object.spec.?initContainers.orValue([]).exists(ic, ic.name == 'mesh-proxy')"
  failurePolicy: Fail
  reinvocationPolicy: IfNeeded
  mutations:
    - patchType: ApplyConfiguration
      applyConfiguration:
        expression: >
          Object{
            spec: Object.spec{
              initContainers: [
                Object.spec.initContainers{
                  name: "mesh-proxy",
                  image: "mesh/proxy:v1.0.0",
                  restartPolicy: "Always"
                }
              ]
            }
          }
    - patchType: JSONPatch
      jsonPatch:
        expression: >
          [JSONPatch{op: "add", path: "/metadata/annotations", value: {"example.com/mesh": "yes"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: { name: "sidecar-binding-test.example.com" }
spec:
  policyName: "sidecar-policy.example.com"
  matchResources:
    namespaceSelector: { matchLabels: { environment: test } }
`;
  await kubectl("apply -f -", policy);
  const pod = `
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: test }
spec: { nodeSelector: { none: such }, containers: [{ name: c, image: "k8ts.local/node:26" }] }
`;
  await kubectl("apply -f -", pod);
  const path = "{.spec.initContainers[*].name} {.metadata.annotations.example\\.com/mesh}";
  equal(
    await kubectl(["get", "pod", "p", "-n", "test", "-o", `jsonpath=${path}`]),
    "mesh-proxy yes",
  );
});
