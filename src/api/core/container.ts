import { validateContainer, validateContainerPort } from "./container-validation.ts";
import { defaultPullPolicy } from "./image-name.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import { EnvFromSource, EnvVar } from "./environment.ts";
import { Lifecycle, Probe } from "./probe.ts";
import { SecurityContext } from "./security-context.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ContainerPort = s.struct(
  "core/v1.ContainerPort",
  {
    name: s.string(1, { doc: "Name that services and probes can use, unique in the pod." }),
    hostPort: s.int32(2, { doc: "Port of the node that leads here." }),
    containerPort: s.int32(3, { doc: "Port on the pod's address.", required: true }),
    protocol: s.oneOf(4, ["SCTP", "TCP", "UDP"], {
      doc: "TCP, UDP or SCTP. TCP when unset.",
      default: "TCP",
    }),
    hostIP: s.string(5, { doc: "Address of the node that hostPort is opened on." }),
  },
  {
    doc: "A port that the container listens on. For information only, but for `hostPort` and names.",
    validate: (value, at): Iterable<FieldError> => validateContainerPort(value, at),
  },
);

export interface ContainerPort extends ValueOf<typeof ContainerPort> {}

export const ResourceClaim = s.struct("core/v1.ResourceClaim", {
  name: s.string(1, { doc: "Name of the pod's claim.", required: true }),
  request: s.string(2, { doc: "Which of its requests; all of them unless said." }),
});

export interface ResourceClaim extends ValueOf<typeof ResourceClaim> {}

export const ResourceRequirements = s.struct(
  "core/v1.ResourceRequirements",
  {
    limits: s.map(1, "quantity", { doc: "The most that may be used." }),
    requests: s.map(2, "quantity", { doc: "What is set aside; the limits when unset." }),
    claims: s.list(3, ResourceClaim, {
      doc: "Names of resourceClaims of the pod that this container uses.",
      listType: "map",
      keys: ["name"],
      gate: "DynamicResourceAllocation",
    }),
  },
  {
    doc: "How much of each resource is set aside, and how much may be used.",
    defaults(draft): void {
      roundUpToMilli(draft.limits);
      roundUpToMilli(draft.requests);
    },
  },
);

export interface ResourceRequirements extends ValueOf<typeof ResourceRequirements> {}

export const VolumeMount = s.struct(
  "core/v1.VolumeMount",
  {
    name: s.string(1, { doc: "Name of the volume.", required: true }),
    readOnly: s.boolean(2, { doc: "It cannot be written to through this mount." }),
    recursiveReadOnly: s.string(7, {
      doc: "Whether mounts inside of it are read-only too.",
      optional: true,
    }),
    mountPath: s.string(3, { doc: "Path in the container; without a colon.", required: true }),
    subPath: s.string(4, { doc: "Folder or file of the volume to mount instead of its root." }),
    mountPropagation: s.oneOf(5, ["Bidirectional", "HostToContainer", "None"], {
      doc: "Whether mounts made later inside become visible on the other side.",
      checkedByOwner: true,
      optional: true,
    }),
    subPathExpr: s.string(6, { doc: "As subPath, with $(NAME) replaced from the environment." }),
  },
  { doc: "Where in the container a volume of the pod appears." },
);

export interface VolumeMount extends ValueOf<typeof VolumeMount> {}

export const VolumeDevice = s.struct(
  "core/v1.VolumeDevice",
  {
    name: s.string(1, { doc: "Name of the claim's volume.", required: true }),
    devicePath: s.string(2, { doc: "Where the device is in the container.", required: true }),
  },
  { doc: "Where in the container a block volume of the pod appears." },
);

export interface VolumeDevice extends ValueOf<typeof VolumeDevice> {}

export const ContainerResizePolicy = s.struct("core/v1.ContainerResizePolicy", {
  resourceName: s.string(1, { doc: "cpu or memory.", required: true }),
  restartPolicy: s.string(2, { doc: "Whether changing it takes a restart.", required: true }),
});

export interface ContainerResizePolicy extends ValueOf<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = s.struct("core/v1.ContainerRestartRuleOnExitCodes", {
  operator: s.string(1, { doc: "In or NotIn.", required: true, omitEmpty: true }),
  values: s.list(2, "int32", { doc: "The codes.", listType: "set" }),
});

export interface ContainerRestartRuleOnExitCodes extends ValueOf<
  typeof ContainerRestartRuleOnExitCodes
> {}

export const ContainerRestartRule = s.struct("core/v1.ContainerRestartRule", {
  action: s.string(1, { doc: "What is done when it applies.", required: true, omitEmpty: true }),
  exitCodes: s.object(2, ContainerRestartRuleOnExitCodes, {
    doc: "The exit codes it applies to.",
    optional: true,
    oneOfGroup: "when",
  }),
});

export interface ContainerRestartRule extends ValueOf<typeof ContainerRestartRule> {}

/** upstream: pkg/apis/core/v1/defaults.go#SetDefaults_Container */
function fillContainer(draft: Draft<ContainerDefaults>): void {
  draft.terminationMessagePath ||= "/dev/termination-log";
  draft.terminationMessagePolicy ||= "File";
  draft.imagePullPolicy ||= defaultPullPolicy(draft.image ?? "");
}

interface ContainerDefaults {
  readonly image?: string | undefined;
  readonly terminationMessagePath?: string | undefined;
  readonly terminationMessagePolicy?: "FallbackToLogsOnError" | "File" | undefined;
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never" | undefined;
}

/** Ordinary ones and those that are added for a while have them. */
const containerFields = {
  name: s.string(1, { doc: "Name of the container, unique in the pod.", required: true }),
  image: s.string(2, { doc: "Image to run." }),
  command: s.list(3, "string", {
    doc: "Instead of the entrypoint of the image; no shell is involved.",
    listType: "atomic",
  }),
  args: s.list(4, "string", {
    doc: "Instead of the arguments of the image.",
    listType: "atomic",
  }),
  workingDir: s.string(5, { doc: "Folder to start in; that of the image when unset." }),
  ports: s.list(6, ContainerPort, {
    doc: "Ports that it listens on.",
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    patchKey: "containerPort",
  }),
  envFrom: s.list(19, EnvFromSource, {
    doc: "Sources of whole sets of variables; `env` comes before them.",
    listType: "atomic",
  }),
  env: s.list(7, EnvVar, {
    doc: "Variables of its environment.",
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  resources: s.object(8, ResourceRequirements, { doc: "What it needs and what it may use." }),
  resizePolicy: s.list(23, ContainerResizePolicy, {
    doc: "Whether it must restart when its resources change.",
    listType: "atomic",
    gate: "InPlacePodVerticalScaling",
  }),
  restartPolicy: s.string(24, {
    doc: "When it is started again, if not as the pod says. Always makes an init container a sidecar.",
    optional: true,
  }),
  restartPolicyRules: s.list(25, ContainerRestartRule, {
    doc: "Exceptions from restartPolicy by exit code.",
    listType: "atomic",
    gate: "ContainerRestartRules",
  }),
  volumeMounts: s.list(9, VolumeMount, {
    doc: "Volumes in its file system.",
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    patchKey: "mountPath",
  }),
  volumeDevices: s.list(21, VolumeDevice, {
    doc: "Block devices.",
    listType: "map",
    keys: ["devicePath"],
    patch: "merge",
    patchKey: "devicePath",
  }),
  livenessProbe: s.object(10, Probe, {
    doc: "When it fails, the container is restarted.",
    optional: true,
  }),
  readinessProbe: s.object(11, Probe, {
    doc: "While it fails, services send nothing here.",
    optional: true,
  }),
  startupProbe: s.object(22, Probe, {
    doc: "Until it succeeds, the other probes wait.",
    optional: true,
  }),
  lifecycle: s.object(12, Lifecycle, { doc: "What to do at start and stop.", optional: true }),
  terminationMessagePath: s.string(13, {
    doc: "File whose content is shown as the reason of its end.",
  }),
  terminationMessagePolicy: s.oneOf(20, ["File", "FallbackToLogsOnError"], {
    doc: "Whether the last log lines stand in for an empty message of a failure.",
  }),
  imagePullPolicy: s.oneOf(14, ["Always", "IfNotPresent", "Never"], {
    doc: "When the image is pulled. Always for the tag latest, else IfNotPresent.",
  }),
  securityContext: s.object(15, SecurityContext, {
    doc: "Its security settings; before those of the pod.",
    optional: true,
  }),
  stdin: s.boolean(16, { doc: "Keep its standard input open." }),
  stdinOnce: s.boolean(17, {
    doc: "Close its standard input when the first client that attached goes.",
  }),
  tty: s.boolean(18, { doc: "Give it a terminal; needs stdin." }),
};

export const Container = s.struct("core/v1.Container", containerFields, {
  doc: "A program in the pod: an image, how to start it and what it needs.",
  defaults: (draft): void => fillContainer(draft),
  validate: (value, at): Iterable<FieldError> => validateContainer(value, at),
});

export interface Container extends ValueOf<typeof Container> {}

export const EphemeralContainerCommon = s.struct(
  "core/v1.EphemeralContainerCommon",
  containerFields,
  {
    defaults: (draft): void => fillContainer(draft),
    validate: (value, at): Iterable<FieldError> => validateContainer(value, at),
  },
);

export interface EphemeralContainerCommon extends ValueOf<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = s.struct(
  "core/v1.EphemeralContainer",
  {
    ephemeralContainerCommon: s.inline(1, EphemeralContainerCommon, {
      protoName: "ephemeralContainerCommon",
    }),
    targetContainerName: s.string(2, { doc: "Container whose processes it sees." }),
  },
  {
    doc: "A container added to a running pod to look into it. It has no resources and is never restarted.",
  },
);

export interface EphemeralContainer extends ValueOf<typeof EphemeralContainer> {}
