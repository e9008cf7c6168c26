/** Requests as they should be: what odd ones are made of. */
import { core, deployments, map, maps, pods, web } from "./testing.ts";

export type Entry = readonly [collection: string, kind: string, object: object];

const template = {
  metadata: { labels: { app: "web" } },
  spec: {
    containers: [
      {
        name: "c",
        image: "web:1",
        ports: [{ containerPort: 80 }],
        env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        resources: { limits: { cpu: "1", memory: "1Gi" } },
        readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 3 },
        volumeMounts: [{ name: "v", mountPath: "/v" }],
      },
    ],
    volumes: [{ name: "v", configMap: { name: "a" } }],
    tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
    nodeSelector: { disk: "ssd" },
  },
};
const selector = { matchLabels: { app: "web" } };
const metadata = {
  labels: { app: "web" },
  annotations: { note: "x" },
  finalizers: ["example.com/hold"],
  ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }],
};
export const good: readonly Entry[] = [
  [maps, "ConfigMap", { metadata, data: { x: "1", y: "2" }, binaryData: { z: "AAEC" } }],
  [
    `${core}/secrets`,
    "Secret",
    { metadata, type: "Opaque", data: { x: "AAEC" }, stringData: { y: "2" } },
  ],
  [pods, "Pod", { metadata, spec: template.spec }],
  [
    deployments,
    "Deployment",
    {
      metadata,
      spec: {
        replicas: 2,
        selector,
        template,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
      },
    },
  ],
  [
    `${core}/services`,
    "Service",
    {
      metadata,
      spec: {
        type: "NodePort",
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
      },
    },
  ],
  [
    `${core}/persistentvolumeclaims`,
    "PersistentVolumeClaim",
    {
      metadata,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ],
  [
    "/apis/batch/v1/namespaces/default/cronjobs",
    "CronJob",
    {
      metadata,
      spec: {
        schedule: "*/5 * * * *",
        jobTemplate: {
          spec: { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
        },
      },
    },
  ],
  [
    "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
    "HorizontalPodAutoscaler",
    {
      metadata,
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
        targetCPUUtilizationPercentage: 50,
      },
    },
  ],
  [
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    "Ingress",
    {
      metadata,
      spec: {
        rules: [
          {
            host: "a.b",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "web", port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  ],
  [
    "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
    "NetworkPolicy",
    {
      metadata,
      spec: {
        podSelector: selector,
        ingress: [
          {
            from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }],
            ports: [{ port: 80, endPort: 90 }],
          },
        ],
        policyTypes: ["Ingress"],
      },
    },
  ],
  [
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRole",
    { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  ],
  [
    "/apis/storage.k8s.io/v1/storageclasses",
    "StorageClass",
    { metadata, provisioner: "a.b/c", parameters: { x: "y" } },
  ],
  [
    "/api/v1/nodes",
    "Node",
    {
      metadata,
      spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
      status: { capacity: { cpu: "4" } },
    },
  ],
  [
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    "EndpointSlice",
    {
      metadata,
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
      ports: [{ port: 80 }],
    },
  ],
  [
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "CustomResourceDefinition",
    {
      metadata,
      spec: {
        group: "x.io",
        scope: "Namespaced",
        names: { plural: "xs", kind: "X" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object" } } },
            },
          },
        ],
      },
    },
  ],
  ["/api/v1/namespaces", "Namespace", { metadata, spec: { finalizers: ["kubernetes"] } }],
];

export const targets = [
  map,
  web,
  `${web}/status`,
  `${web}/scale`,
  `${pods}/p`,
  `${pods}/p/status`,
  `${pods}/p/eviction`,
  `${pods}/p/binding`,
  `${pods}/p/ephemeralcontainers`,
  `${pods}/p/resize`,
  `${pods}/p/log`,
  `${pods}/p/exec`,
  `${core}/serviceaccounts/default/token`,
  "/api/v1/namespaces/default",
  "/api/v1/namespaces/default/finalize",
  "/api/v1/pods",
  "/api/v1/componentstatuses",
  "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
  "/apis/authentication.k8s.io/v1/tokenreviews",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/apis/apps/v1",
  "/apis",
  "/version",
  "/healthz",
];
