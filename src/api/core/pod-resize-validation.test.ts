import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import type { FieldError } from "#schema/field-error.ts";
import { Pod } from "./pod.ts";
import {
  refusesEphemeral,
  refusesResize,
  validateEphemeralContainers,
  validateResize,
} from "./pod-resize-validation.ts";
import { podOf, podWith } from "./testing.ts";

const lines = (errors: Iterable<FieldError>): readonly string[] =>
  Array.from(errors, ({ path, message }) => `${path}: ${message}`);

const sized = (requests: object, limits: object = {}, rest: object = {}) =>
  draftFrom(Pod, podOf({ resources: { requests, limits }, ...rest }));

const resize = (old: Pod, pod: Pod): readonly string[] => lines(validateResize(pod, old, []));

test("processors and memory may grow and shrink", () => {
  const small = sized({ cpu: "1", memory: "1Gi" }, { cpu: "2", memory: "2Gi" });
  const big = sized({ cpu: "2", memory: "2Gi" }, { cpu: "3", memory: "4Gi" });
  deepEqual(resize(small, big), []);
  deepEqual(resize(big, small), []);
});

test("what is resized keeps its quality, its other fields, and what it asked for", () => {
  const requests = { cpu: "1", memory: "1Gi" };
  deepEqual(resize(sized(requests), sized({ cpu: "1" })), [
    "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
  ]);
  deepEqual(resize(sized(requests), sized(requests, requests)), [
    'spec: Invalid value: "": Pod QOS Class may not change as a result of resizing',
  ]);
  deepEqual(
    resize(sized(requests, { cpu: "2" }), sized(requests, { cpu: "2", memory: "2Gi" })),
    [],
  );
  deepEqual(resize(sized(requests), sized(requests, {}, { image: "other" })), [
    "spec: Forbidden: only cpu and memory resources are mutable",
  ]);
});

test("init containers are resized like all others, whether they stay or not", () => {
  const withInit = (cpu: string, rest: object = {}) => {
    const resources = { requests: { cpu }, limits: {} };
    const initContainers = [{ name: "setup", image: "setup", resources, ...rest }];
    return draftFrom(Pod, podWith({ initContainers }));
  };
  for (const rest of [{}, { restartPolicy: "Always" }])
    deepEqual(resize(withInit("1", rest), withInit("2", rest)), []);
  const at = "spec.initContainers[0]: Forbidden:";
  deepEqual(resize(withInit("1"), withInit("2", { image: "other" })), [
    `${at} only cpu and memory resources for init or sidecar containers are mutable`,
  ]);
  const resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
  deepEqual(resize(withInit("1", { resizePolicy }), withInit("2", { resizePolicy })), [
    `${at} non-sidecar init containers with a resize policy of RestartContainer cannot be resized`,
  ]);
});

test("containers neither come nor go nor move", () => {
  const named = (...names: string[]) =>
    draftFrom(Pod, podWith({ containers: names.map((name) => ({ name, image: "a" })) }));
  deepEqual(resize(named("a"), named("a", "b")), [
    "spec.containers: Forbidden: containers may not be added or removed on resize",
  ]);
  const moved = "Forbidden: containers may not be renamed or reordered on resize";
  deepEqual(resize(named("a", "b"), named("b", "a")), [
    `spec.containers[0].name: ${moved}`,
    `spec.containers[1].name: ${moved}`,
  ]);
});

test("the resources of the pod as a whole are resized like those of containers", () => {
  const pod = (resources: object | undefined) =>
    draftFrom(Pod, podWith(resources ? { resources } : {}));
  const small = { requests: { cpu: "1" }, limits: { cpu: "2", memory: "1Gi" } };
  const big = { requests: { cpu: "2" }, limits: { cpu: "3", memory: "2Gi" } };
  deepEqual(resize(pod(small), pod(big)), []);
  deepEqual(resize(pod(small), pod(undefined)), [
    'spec: Invalid value: "": Pod QOS Class may not change as a result of resizing',
    "spec.resources: Forbidden: pod-level resources cannot be removed",
  ]);
  deepEqual(resize(pod(small), pod({ requests: { cpu: "1" }, limits: { cpu: "2" } })), [
    "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed",
    "spec.resources.limits: Forbidden: pod-level resource limits cannot be removed",
  ]);
  const pages = { "hugepages-2Mi": "2Mi" };
  const withPages = { ...small, limits: { ...small.limits, ...pages } };
  deepEqual(resize(pod(small), pod(withPages)), [
    "spec: Forbidden: only cpu and memory resources are mutable at pod-level",
  ]);
});

test("static pods stay as they are", () => {
  const annotations = { "kubernetes.io/config.mirror": "a" };
  const pod = draftFrom(Pod, podWith({}, { annotations }));
  deepEqual(lines(refusesResize(pod)), ["[]: Forbidden: static pods cannot be resized"]);
  deepEqual(lines(refusesEphemeral(pod)), [
    "[]: Forbidden: static pods do not support ephemeral containers",
  ]);
  const windows = draftFrom(Pod, podWith({ os: { name: "windows" } }));
  deepEqual(lines(refusesResize(windows)), ["[]: Forbidden: windows pods cannot be resized"]);
});

test("ephemeral containers are only added", () => {
  const withDebuggers = (...names: string[]) => {
    const ephemeralContainers = names.map((text) => {
      const [name, image] = text.split("=");
      return { name, image };
    });
    return draftFrom(Pod, podWith({ ephemeralContainers }));
  };
  const one = withDebuggers("a=busybox");
  deepEqual(lines(validateEphemeralContainers(withDebuggers("a=busybox", "b=busybox"), one)), []);
  deepEqual(lines(validateEphemeralContainers(withDebuggers(), one)), [
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "a" may not be removed\n',
  ]);
  const [changed = ""] = lines(validateEphemeralContainers(withDebuggers("a=other"), one));
  deepEqual(
    changed.split("\n")[0],
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "a" may not be changed',
  );
});
