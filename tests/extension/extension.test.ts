/** Extension servers and custom resources, as their users see them with kubectl. */
import { equal, match, ok } from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, type Line, startCluster, type TestCluster } from "../cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const kubectl = (line: Line, input?: string): Promise<string> =>
  cluster.kubectl(line, input === undefined ? {} : { input });

const port = 9443;

/** A server certificate for the name that the API server asks for, by itself. */
async function selfSigned(): Promise<{ key: string; certificate: string }> {
  const { machine } = cluster;
  const [key, certificate] = [join(machine.folder, "key.pem"), join(machine.folder, "cert.pem")];
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=api";
  const names = "-addext subjectAltName=DNS:api.wardle.svc";
  const words = `${request} ${names} -keyout ${key} -out ${certificate}`;
  const made = await machine.run("openssl", words.split(" "));
  equal(made.code, 0, made.stderr);
  return { key, certificate };
}

const behind = (address: string): string => `
apiVersion: v1
kind: Namespace
metadata: { name: wardle }
---
apiVersion: v1
kind: Service
metadata: { name: api, namespace: wardle }
spec: { ports: [{ port: 443, name: https, targetPort: ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: api-1, namespace: wardle, labels: { kubernetes.io/service-name: api } }
addressType: IPv4
endpoints: [{ addresses: ["${address}"], conditions: { ready: true } }]
ports: [{ name: https, port: ${port}, protocol: TCP }]
`;

const registration = (caBundle: string): string => `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1alpha1.wardle.example.com }
spec:
  group: wardle.example.com
  version: v1alpha1
  service: { namespace: wardle, name: api }
  caBundle: ${caBundle}
  groupPriorityMinimum: 2000
  versionPriority: 200
`;

test("an extension server is used with kubectl like any other part of the API", async () => {
  const { machine } = cluster;
  const { key, certificate } = await selfSigned();
  const config = join(machine.folder, "authentication.json");
  await writeFile(
    config,
    await kubectl("get configmap extension-apiserver-authentication -n kube-system -o json"),
  );
  const script = join(import.meta.dirname, "sample-server.ts");
  await using server = machine.start(process.execPath, [
    script,
    `${port}`,
    config,
    key,
    certificate,
  ]);
  await server.says(/listening/);
  await kubectl("apply -f -", behind(machine.address));
  await kubectl("apply -f -", registration((await readFile(certificate)).toString("base64")));
  await kubectl(
    "wait --for=condition=Available apiservice/v1alpha1.wardle.example.com --timeout=60s",
  );
  const services = await kubectl("get apiservices");
  match(services, /^NAME +SERVICE +AVAILABLE +AGE\n/);
  match(services, /\nv1alpha1\.wardle\.example\.com +wardle\/api +True /);
  match(services, /\nv1\.apps +Local +True /);
  match(
    await kubectl("api-resources --api-group=wardle.example.com"),
    /flunders +fl +wardle.example.com\/v1alpha1 +true +Flunder/,
  );
  const flunder =
    "apiVersion: wardle.example.com/v1alpha1\nkind: Flunder\nmetadata: { name: one }\n";
  equal(
    await kubectl("create --validate=false -f -", flunder),
    "flunder.wardle.example.com/one created\n",
  );
  match(await kubectl("get flunders"), /^NAME +AGE\none /);
  match(await kubectl("get fl one -o yaml"), /made-by: kubernetes-admin of system:masters/);
  equal(await kubectl("delete flunder one"), 'flunder.wardle.example.com "one" deleted\n');
  await kubectl("delete endpointslice api-1 -n wardle");
  await eventually(async () => {
    const shown = await kubectl("get apiservice v1alpha1.wardle.example.com");
    match(shown, /False \(EndpointsNotFound\)/);
  });
  const { stderr } = await cluster.tryKubectl(
    "get --raw /apis/wardle.example.com/v1alpha1/flunders",
  );
  match(stderr, /service unavailable|currently unable to handle the request/);
  match(await kubectl("get pods -n kube-system"), /NAME/);
  await kubectl("delete apiservice v1alpha1.wardle.example.com");
  ok(!(await kubectl("api-versions")).includes("wardle"));
});

const crontabs = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crontabs.stable.example.com }
spec:
  group: stable.example.com
  scope: Namespaced
  names: { plural: crontabs, kind: CronTab, shortNames: [ct], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns:
        - { name: Cron, type: string, jsonPath: .spec.cron }
        - { name: Replicas, type: integer, jsonPath: .spec.replicas, priority: 1 }
        - { name: Age, type: date, jsonPath: .metadata.creationTimestamp }
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas }
      schema:
        openAPIV3Schema:
          type: object
          description: Says when a command runs.
          properties:
            spec:
              type: object
              description: What is wanted.
              required: [cron]
              properties:
                cron: { type: string, description: When., pattern: "^[0-9* ]+$" }
                replicas: { type: integer, default: 2, minimum: 1 }
                port: { x-kubernetes-int-or-string: true }
                more: { type: object, x-kubernetes-preserve-unknown-fields: true, description: Anything. }
            status: { type: object, properties: { replicas: { type: integer } } }
`;

const crontab = (spec: string, name = "nightly"): string =>
  `---\n{apiVersion: stable.example.com/v1, kind: CronTab, metadata: {name: ${name}}, spec: ${spec}}`;

test("custom resources are explained, shown, scaled and checked", async () => {
  await kubectl("apply -f -", crontabs);
  await kubectl("wait --for=condition=Established crd/crontabs.stable.example.com --timeout=30s");
  await kubectl("apply -f -", crontab('{cron: "0 3", port: http, more: {a: [1]}}'));
  match(await kubectl("get ct"), /^NAME +CRON +AGE\nnightly +0 3 +\d/);
  match(await kubectl("get ct -o wide"), /^NAME +CRON +REPLICAS +AGE\nnightly +0 3 +2 +\d/);
  match(await kubectl("get all"), /crontab.stable.example.com\/nightly/);
  const explained = await kubectl("explain crontabs");
  match(explained, /GROUP: +stable.example.com\nKIND: +CronTab\nVERSION: +v1/);
  match(explained, /DESCRIPTION:\n +Says when a command runs\./);
  match(await kubectl("explain crontabs.spec"), /cron\t<string> -required-\n +When\./);
  match(await kubectl("explain ct.spec.more"), /FIELD: more <Object>[^]*Anything\./);
  match(await kubectl("explain crontabs --recursive"), /replicas\t<integer>/);
  await kubectl("scale ct nightly --replicas=4");
  equal(await kubectl(["get", "ct", "nightly", "-o", "jsonpath={.spec.replicas}"]), "4");
  const unknown = await cluster.tryKubectl("apply -f -", {
    input: crontab('{cron: "1", when: now}'),
  });
  match(unknown.stderr, /strict decoding error: unknown field "spec.when"/);
  const missing = await cluster.tryKubectl("apply -f -", {
    input: crontab("{replicas: 0}", "bad"),
  });
  match(missing.stderr, /spec.cron: Required value/);
  match(
    missing.stderr,
    /spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1/,
  );
  match(await kubectl("get apiservice v1.stable.example.com"), /Local +True/);
  await kubectl("delete crd crontabs.stable.example.com");
  const gone = await cluster.tryKubectl("get ct");
  match(
    gone.stderr,
    /the server (doesn't have a resource type|could not find the requested resource)/,
  );
});
