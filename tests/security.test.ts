/** Who may do what, who is who, and what is written down of it, as an administrator sees it with kubectl. */
import { equal, match, ok } from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { clusterOn, eventually, type Line, type TestCluster } from "./cluster.ts";
import { type Started, type TestMachine, testMachine } from "./machine.ts";

let machine: TestMachine;
let cluster: TestCluster;
let reviewer: Started;

const port = 9500;
const fileIn = (name: string): string => join(machine.folder, name);

const webhookKubeconfig = `
apiVersion: v1
kind: Config
clusters: [{ name: webhook, cluster: { server: "http://127.0.0.1:${port}/" } }]
users: [{ name: us, user: {} }]
contexts: [{ name: us, context: { cluster: webhook, user: us } }]
current-context: us
`;

const usual = "[{ type: Node, name: node }, { type: RBAC, name: rbac }]";

const authorization = (authorizers: string): string => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers: ${authorizers}
`;

const withWebhook = (): string =>
  authorization(`
  - type: Webhook
    name: precious
    webhook:
      timeout: 3s
      subjectAccessReviewVersion: v1
      matchConditionSubjectAccessReviewVersion: v1
      failurePolicy: NoOpinion
      connectionInfo: { type: KubeConfigFile, kubeConfigFile: ${fileIn("webhook.yaml")} }
      matchConditions:
        - expression: has(request.resourceAttributes) && request.resourceAttributes.verb == 'delete'
  - { type: Node, name: node }
  - { type: RBAC, name: rbac }`);

const admission = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: ImagePolicyWebhook
    configuration: { imagePolicy: { kubeConfigFile: webhook.yaml } }
`;

before(async () => {
  machine = await testMachine();
  cluster = await clusterOn(machine);
  await writeFile(fileIn("webhook.yaml"), webhookKubeconfig);
  await writeFile(fileIn("authorization.yaml"), withWebhook());
  await writeFile(fileIn("admission.yaml"), admission);
  reviewer = machine.start(process.execPath, [join(import.meta.dirname, "reviewer.ts"), `${port}`]);
  await reviewer.says(/listening/);
  await cluster.k8ts([
    "up",
    "--nodes=simulated",
    "--authorization-config",
    fileIn("authorization.yaml"),
    "--enable-admission-plugins=ImagePolicyWebhook",
    "--admission-control-config-file",
    fileIn("admission.yaml"),
  ]);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
  await reviewer[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

const kubectl = (line: Line, input?: string): Promise<string> =>
  cluster.kubectl(line, input === undefined ? {} : { input });

async function refused(line: Line): Promise<string> {
  const { code, stderr } = await cluster.tryKubectl(line);
  equal(code, 1, stderr);
  return stderr;
}

test("a secret is in the audit log by its name only, and nowhere in the store", async () => {
  const text = "open-sesame-4711";
  await kubectl(`create secret generic cave --from-literal=word=${text}`);
  await kubectl(`create configmap plain --from-literal=word=not-${text.toUpperCase()}`);
  const line = await eventually(async () => {
    const log = await readFile(join(cluster.data, "audit/audit.log"), "utf8");
    ok(!log.includes(Buffer.from(text).toString("base64")) && !log.includes(text));
    const found = log.split("\n").find((one) => /"verb":"create".*"name":"cave"/.test(one));
    ok(found);
    return found;
  });
  const { stage, user, objectRef, responseStatus } = JSON.parse(line) as AuditLine;
  equal(stage, "ResponseComplete");
  match(user.username, /admin/);
  equal(objectRef.resource, "secrets");
  equal(responseStatus.code, 201);
  const { stdout } = await machine.run("sh", ["-c", `strings -a ${cluster.data}/store/*`]);
  ok(stdout.includes(`not-${text.toUpperCase()}`));
  ok(!stdout.includes(text));
});

interface AuditLine {
  readonly stage: string;
  readonly user: { readonly username: string };
  readonly objectRef: { readonly resource: string };
  readonly responseStatus: { readonly code: number };
}

/** Asks for a client certificate for this user. */
async function requestFor(user: string): Promise<void> {
  const [key, request] = [fileIn(`${user}.key`), fileIn(`${user}.csr`)];
  const words = `req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=devs/CN=${user} -keyout ${key} -out ${request}`;
  const made = await machine.run("openssl", words.split(" "));
  equal(made.code, 0, made.stderr);
  const encoded = (await readFile(request)).toString("base64");
  await kubectl(
    "apply -f -",
    `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: ${user} }
spec: { request: ${encoded}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth] }
`,
  );
}

/** Nobody of the kubeconfig's: whoever shows these credentials. */
const anybody = async (credentials: string): Promise<string> => {
  const server = await kubectl("config view --minify -o jsonpath={.clusters[0].cluster.server}");
  return `--kubeconfig=/dev/null --server=${server} --insecure-skip-tls-verify ${credentials}`;
};

test("a certificate is signed for who is approved, not for who is denied", async () => {
  await requestFor("jane");
  await requestFor("joe");
  await kubectl("certificate approve jane");
  await kubectl("certificate deny joe");
  const certificate = await eventually(async () => {
    const text = await kubectl("get csr jane -o jsonpath={.status.certificate}");
    ok(text);
    return text;
  });
  await writeFile(fileIn("jane.crt"), Buffer.from(certificate, "base64"));
  match(await kubectl("get csr jane"), /Approved,Issued/);
  match(await kubectl("get csr joe"), /Denied/);
  const jane = await anybody(
    `--client-certificate=${fileIn("jane.crt")} --client-key=${fileIn("jane.key")}`,
  );
  match(
    await kubectl(`${jane} auth whoami`),
    /Username +jane\nGroups +\[devs system:authenticated\]/,
  );
  match(
    await refused(`${jane} get pods --as root`),
    /pods is forbidden: User "jane" cannot impersonate-on:user-info:list resource "pods" in API group ""/,
  );
  match(
    await refused(`${jane} get secrets`),
    /secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"/,
  );
});

test("can-i answers for somebody else, and says what it cannot know", async () => {
  await kubectl("create role keeper --verb=get,delete --resource=configmaps");
  await kubectl("create rolebinding keeper --role=keeper --group=keepers");
  const kim = "--as kim --as-group keepers";
  equal(await kubectl(`auth can-i delete configmaps/plain ${kim}`), "yes\n");
  equal((await cluster.tryKubectl(`auth can-i delete pods ${kim}`)).stdout, "no\n");
  const { stdout, stderr } = await cluster.tryKubectl(`auth can-i --list ${kim}`);
  match(stdout, /configmaps +\[\] +\[\] +\[get delete\]/);
  match(
    stderr,
    /the list may be incomplete: webhook authorizer does not support user rule resolution/,
  );
});

test("nobody gives away more than they hold", async () => {
  await kubectl("create clusterrole maker --verb=create,get,patch --resource=roles,rolebindings");
  await kubectl("create rolebinding maker --clusterrole=maker --user=mia");
  match(
    await refused("create role spy --verb=get --resource=secrets,pods --as mia"),
    /roles\.rbac\.authorization\.k8s\.io "spy" is forbidden: user "mia" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["pods"\], Verbs:\["get"\]\}\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/,
  );
  match(
    await refused("create rolebinding spy --clusterrole=view --user=mia --as mia"),
    /rolebindings\.rbac\.authorization\.k8s\.io "spy" is forbidden: user "mia" .* is attempting to grant/,
  );
});

test("a webhook denies what a role allows, until the file names it no more", async () => {
  await kubectl("create configmap precious");
  const kim = "--as kim --as-group keepers";
  match(
    await refused(`delete configmap precious ${kim}`),
    /configmaps "precious" is forbidden: User "kim" cannot delete resource "configmaps" in API group "" in the namespace "default": it is precious/,
  );
  await kubectl(`delete configmap plain ${kim}`);
  await writeFile(fileIn("authorization.yaml"), authorization(usual));
  await eventually(() => kubectl(`delete configmap precious ${kim}`));
});

test("an image that the reviewer does not like is not used", async () => {
  match(
    await refused("run c --image=k8ts.local/cursed:1"),
    /pods "c" is forbidden: image policy webhook backend denied one or more images: there is a curse on it/,
  );
});

test("the server shows what it was started with", async () => {
  const page = await kubectl("get --raw /flagz");
  match(page, /^\napiserver flagz\n/);
  ok(page.includes(fileIn("authorization.yaml")));
  match(page, /^enable-admission-plugins(:|: |=| )ImagePolicyWebhook$/m);
  match(await refused("get --raw /flagz --as mia"), /User "mia" cannot get path "\/flagz"/);
  match(
    await kubectl("get --raw /statusz --as mia --as-group system:monitoring"),
    /^Paths(:|: |=| ) \/flagz \/healthz \/livez \/metrics \/readyz \/statusz \/version$/m,
  );
});

test("a token that is bound to a pod dies with it", async () => {
  await kubectl("run p --image=k8ts.local/node:26");
  const uid = await kubectl("get pod p -o jsonpath={.metadata.uid}");
  const token = await kubectl(
    `create token default --bound-object-kind Pod --bound-object-name p --bound-object-uid ${uid}`,
  );
  await eventually(async () => {
    const log = await readFile(join(cluster.data, "audit/audit.log"), "utf8");
    match(log, /"authentication\.kubernetes\.io\/issued-credential-id":"JTI=[\da-f-]{36}"/);
  });
  const bearer = await anybody(`--token=${token.trim()}`);
  match(await kubectl(`${bearer} auth whoami`), /system:serviceaccount:default:default/);
  await kubectl("delete pod p --force --grace-period=0");
  match(await refused(`${bearer} auth whoami`), /Unauthorized/);
});
