/** Kinds that conformance asks for verb by verb: what one of each looks like, and what of it may change. */
import type { Loose } from "../testing.ts";

export interface Served {
  readonly at: string;
  readonly spec: object;
  /** A status that the server has no opinion of, for kinds that have one. */
  readonly status?: object;
  /** What an update may change. */
  readonly change?: (object: Loose) => void;
  /** Of two of them, where not anything will do. */
  readonly names?: readonly [string, string];
  /** Admission gives it a finalizer, which its controller takes off again. */
  readonly isProtected?: boolean;
}

const core = "/api/v1/namespaces/default";
const apps = "/apis/apps/v1/namespaces/default";
const batch = "/apis/batch/v1/namespaces/default";
const flow = "/apis/flowcontrol.apiserver.k8s.io/v1";
const networking = "/apis/networking.k8s.io/v1";
const resource = "/apis/resource.k8s.io/v1";
const storage = "/apis/storage.k8s.io/v1";

export const condition = {
  type: "Seen",
  status: "True",
  reason: "Test",
  message: "m",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

const seen = { conditions: [condition] };
const selector = { matchLabels: { app: "web" } };
const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "x" }] },
};
const once = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
const annotate = ({ metadata }: Loose): void => {
  metadata.annotations = { ...metadata.annotations, x: "y" };
};
const grow = ({ spec }: Loose): void => {
  spec.replicas = 2;
};

const workloads: Readonly<Record<string, Served>> = {
  controllerrevisions: {
    at: apps,
    spec: { revision: 1, data: { spec: { template } } },
    change: (object) => (object.revision = 2),
  },
  daemonsets: {
    at: apps,
    spec: { spec: { selector, template } },
    status: {
      ...seen,
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
    change: ({ spec }) => (spec.minReadySeconds = 1),
  },
  deployments: { at: apps, spec: { spec: { selector, template } }, status: seen, change: grow },
  replicasets: {
    at: apps,
    spec: { spec: { selector, template } },
    status: { ...seen, replicas: 0 },
    change: grow,
  },
  statefulsets: {
    at: apps,
    spec: { spec: { selector, template, serviceName: "s" } },
    status: { ...seen, replicas: 0 },
    change: grow,
  },
  replicationcontrollers: {
    at: core,
    spec: { spec: { selector: { app: "web" }, template } },
    status: { ...seen, replicas: 0 },
    change: grow,
  },
  cronjobs: {
    at: batch,
    spec: { spec: { schedule: "* * * * *", jobTemplate: { spec: { template: once } } } },
    status: { lastScheduleTime: "2026-01-01T00:00:00Z" },
    change: ({ spec }) => (spec.suspend = true),
  },
  jobs: {
    at: batch,
    spec: { spec: { template: once, suspend: true } },
    status: { conditions: [{ ...condition, lastProbeTime: "2026-01-01T00:00:00Z" }] },
    change: ({ spec }) => (spec.parallelism = 2),
  },
  poddisruptionbudgets: {
    at: "/apis/policy/v1/namespaces/default",
    spec: { spec: { selector, minAvailable: 1 } },
    status: {
      ...seen,
      currentHealthy: 1,
      desiredHealthy: 1,
      disruptionsAllowed: 0,
      expectedPods: 1,
    },
    change: ({ spec }) => (spec.minAvailable = 2),
  },
  pods: {
    at: core,
    spec: { spec: { containers: [{ name: "c", image: "x" }], terminationGracePeriodSeconds: 0 } },
    status: { message: "told" },
    change: annotate,
  },
  podtemplates: { at: core, spec: { template }, change: annotate },
};

const configuration: Readonly<Record<string, Served>> = {
  configmaps: {
    at: core,
    spec: { data: { a: "1" } },
    change: (object) => (object.data = { a: "2" }),
  },
  secrets: {
    at: core,
    spec: { data: { a: "MQ==" } },
    change: (object) => (object.data = { a: "Mg==" }),
  },
  serviceaccounts: {
    at: core,
    spec: {},
    change: (object) => (object.automountServiceAccountToken = false),
  },
  resourcequotas: {
    at: core,
    spec: { spec: { hard: { cpu: "1", memory: "500Mi" } } },
    status: { hard: { cpu: "1", memory: "500Mi" }, used: { cpu: "0", memory: "0" } },
    change: ({ spec }) => (spec.hard.cpu = "2"),
  },
  limitranges: {
    at: core,
    spec: { spec: { limits: [{ type: "Container", max: { cpu: "1" } }] } },
    change: ({ spec }) => (spec.limits[0].max.cpu = "2"),
  },
  leases: {
    at: "/apis/coordination.k8s.io/v1/namespaces/default",
    spec: { spec: { holderIdentity: "a", leaseDurationSeconds: 30 } },
    change: ({ spec }) => (spec.leaseTransitions = 1),
  },
  nodes: {
    at: "/api/v1",
    spec: {},
    status: { phase: "Running" },
    change: ({ spec }) => (spec.unschedulable = true),
  },
  runtimeclasses: { at: "/apis/node.k8s.io/v1", spec: { handler: "runc" }, change: annotate },
  priorityclasses: {
    at: "/apis/scheduling.k8s.io/v1",
    spec: { value: 10 },
    change: (object) => (object.description = "d"),
  },
  flowschemas: {
    at: flow,
    spec: {
      spec: {
        matchingPrecedence: 9_000,
        priorityLevelConfiguration: { name: "catch-all" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "bob" } }],
            nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
          },
        ],
      },
    },
    status: seen,
    change: ({ spec }) => (spec.matchingPrecedence = 8_999),
  },
  prioritylevelconfigurations: {
    at: flow,
    spec: {
      spec: {
        type: "Limited",
        limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } },
      },
    },
    status: seen,
    change: ({ spec }) => (spec.limited.nominalConcurrencyShares = 4),
  },
};

const network: Readonly<Record<string, Served>> = {
  services: {
    at: core,
    spec: { spec: { ports: [{ port: 80 }], selector: { app: "web" } } },
    status: seen,
    change: ({ spec }) => (spec.selector = { app: "other" }),
  },
  endpoints: {
    at: core,
    spec: { subsets: [{ addresses: [{ ip: "10.0.0.24" }], ports: [{ port: 80 }] }] },
    change: ({ subsets }) => (subsets[0].ports[0].port = 8080),
  },
  endpointslices: {
    at: "/apis/discovery.k8s.io/v1/namespaces/default",
    spec: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.24"] }],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    },
    change: ({ ports }) => (ports[0].port = 8080),
  },
  ingresses: {
    at: `${networking}/namespaces/default`,
    spec: { spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } } },
    status: { loadBalancer: { ingress: [{ ip: "169.1.1.1" }] } },
    change: ({ spec }) => (spec.defaultBackend.service.port.number = 81),
  },
  ingressclasses: {
    at: networking,
    spec: { spec: { controller: "example.com/c" } },
    change: annotate,
  },
  servicecidrs: {
    at: networking,
    spec: { spec: { cidrs: ["10.112.0.0/16"] } },
    status: seen,
    change: annotate,
  },
  ipaddresses: {
    at: networking,
    spec: { spec: { parentRef: { resource: "services", namespace: "default", name: "s" } } },
    change: annotate,
    names: ["10.96.7.1", "10.96.7.2"],
  },
  networkpolicies: {
    at: `${networking}/namespaces/default`,
    spec: { spec: { podSelector: {} } },
    change: ({ spec }) => (spec.policyTypes = ["Egress"]),
  },
};

const devices: Readonly<Record<string, Served>> = {
  deviceclasses: {
    at: resource,
    spec: { spec: { selectors: [{ cel: { expression: "true" } }] } },
    change: ({ spec }) => (spec.selectors[0].cel.expression = "false"),
  },
  resourceclaims: {
    at: `${resource}/namespaces/default`,
    spec: {
      spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } },
    },
    change: annotate,
  },
  resourceclaimtemplates: {
    at: `${resource}/namespaces/default`,
    spec: {
      spec: {
        spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } },
      },
    },
    change: annotate,
  },
  resourceslices: {
    at: resource,
    spec: {
      spec: {
        driver: "d.example.com",
        nodeName: "n",
        pool: { name: "p", generation: 1, resourceSliceCount: 1 },
        devices: [{ name: "d" }],
      },
    },
    change: ({ spec }) => (spec.pool.generation = 2),
  },
};

const volumes: Readonly<Record<string, Served>> = {
  csidrivers: {
    at: storage,
    spec: { spec: { attachRequired: false } },
    change: ({ spec }) => (spec.requiresRepublish = true),
  },
  csinodes: {
    at: storage,
    spec: { spec: { drivers: [] } },
    change: ({ spec }) =>
      (spec.drivers = [{ name: "d.example.com", nodeID: "n", topologyKeys: ["zone"] }]),
  },
  csistoragecapacities: {
    at: `${storage}/namespaces/default`,
    spec: { storageClassName: "c", capacity: "1Gi" },
    change: (object) => (object.capacity = "2Gi"),
  },
  storageclasses: {
    at: storage,
    spec: { provisioner: "p.example.com" },
    change: (object) => (object.allowVolumeExpansion = true),
  },
  volumeattachments: {
    at: storage,
    spec: {
      spec: { attacher: "a.example.com", nodeName: "n", source: { persistentVolumeName: "v" } },
    },
    status: { attached: true },
    change: annotate,
  },
  volumeattributesclasses: {
    at: storage,
    spec: { driverName: "d.example.com", parameters: { iops: "1000" } },
    change: annotate,
    isProtected: true,
  },
  persistentvolumes: {
    at: "/api/v1",
    spec: {
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path: "/tmp/x" },
      },
    },
    status: { phase: "Available", message: "told" },
    change: ({ spec }) => (spec.persistentVolumeReclaimPolicy = "Delete"),
    isProtected: true,
  },
  persistentvolumeclaims: {
    at: core,
    spec: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        storageClassName: "",
      },
    },
    status: { ...seen, phase: "Pending" },
    change: annotate,
    isProtected: true,
  },
};

const events: Readonly<Record<string, Served>> = {
  events: {
    at: "/apis/events.k8s.io/v1/namespaces/default",
    spec: {
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "c",
      reportingInstance: "i",
      action: "Test",
      reason: "Test",
      type: "Normal",
      regarding: { kind: "Pod", namespace: "default", name: "p" },
      note: "n",
    },
    change: (object) =>
      (object.series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" }),
  },
};

export const served: Readonly<Record<string, Served>> = {
  ...configuration,
  ...workloads,
  ...network,
  ...devices,
  ...volumes,
  ...events,
};
