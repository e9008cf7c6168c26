/** upstream: pkg/apis/resource/validation/validation.go#validateResourceSliceSpec */
import { immutable, notLonger } from "#api/field-rules.ts";
import { invalidEach, labelKey, labelValue, nameIsDnsSubdomain } from "#api/names.ts";
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import { validCapacity } from "./capacity-rules.ts";
import { validBinding } from "./device-rules.ts";
import { checkedList, checkedMap, checkedSet } from "./list-rules.ts";
import { validDriverName, validLabel, validPoolName, validQualifiedName } from "./name-rules.ts";
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCounterConsumption,
  DeviceTaint,
  ResourcePool,
  ResourceSliceSpec,
} from "./resourceslice.ts";

const devicesMax = 128;
/** With taints or counters there is more to a device. */
const heavyDevicesMax = 64;
const counterSetsMax = 8;
const countersMax = 32;

export function* validSlice(spec: ResourceSliceSpec): Iterable<FieldError> {
  yield* validDriverName(spec.driver, "spec.driver");
  yield* validPool(spec.pool, "spec.pool");
  yield* validNodes(spec, "spec");
  const terms = spec.nodeSelector?.nodeSelectorTerms;
  if (terms && terms.length !== 1) {
    const why = "must have exactly one node selector term";
    yield invalid("spec.nodeSelector.nodeSelectorTerms", terms, why);
  }
  yield* oneWay(spec);
  if (spec.sharedCounters && spec.devices) {
    yield invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed");
  }
  yield* checkedSet(spec.devices, "spec.devices", {
    max: spec.devices?.some(isHeavy) ? heavyDevicesMax : devicesMax,
    check: (device, at) => validDevice(device, at, spec.perDeviceNodeSelection === true),
    keyOf: ({ name }) => name,
  });
  yield* checkedSet(spec.sharedCounters, "spec.sharedCounters", {
    max: counterSetsMax,
    check: validCounterSet,
    keyOf: ({ name }) => name,
  });
}

export function* validSliceUpdate(
  spec: ResourceSliceSpec,
  old: ResourceSliceSpec,
): Iterable<FieldError> {
  yield* immutable("spec.pool.name", spec.pool.name, old.pool.name);
  yield* immutable("spec.driver", spec.driver, old.driver);
  yield* immutable("spec.nodeName", spec.nodeName, old.nodeName);
}

const isHeavy = ({ taints, consumesCounters }: Device): boolean =>
  Boolean(taints?.length) || Boolean(consumesCounters?.length);

function* validPool(pool: ResourcePool, at: string): Iterable<FieldError> {
  yield* validPoolName(pool.name, child(at, "name"));
  const { resourceSliceCount, generation } = pool;
  if (resourceSliceCount <= 0) {
    yield invalid(child(at, "resourceSliceCount"), resourceSliceCount, "must be greater than zero");
  }
  if (generation < 0) {
    yield invalid(child(at, "generation"), generation, "must be greater than or equal to zero");
  }
}

type Placed = Pick<Device, "nodeName" | "nodeSelector" | "allNodes">;

/** The ways to say on which nodes something is; each is unset, or really says something. */
function* validNodes(placed: Placed, at: string): Iterable<FieldError> {
  const { nodeName, allNodes } = placed;
  const namePath = child(at, "nodeName");
  if (nodeName) yield* invalidEach(namePath, nodeName, nameIsDnsSubdomain(nodeName, false));
  else if (nodeName === "") {
    const isSlice = at === "spec";
    const why = isSlice ? "must be either unset or set to a non-empty string" : "must not be empty";
    yield invalid(namePath, nodeName, why);
  }
  if (allNodes === false) {
    yield invalid(child(at, "allNodes"), false, "must be either unset or set to true");
  }
}

const waysOf = (placed: Placed & { perDeviceNodeSelection?: boolean | undefined }) =>
  (["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"] as const)
    .filter((name) => placed[name])
    .map((name) => `\`${name}\``);

function* oneWay(spec: ResourceSliceSpec): Iterable<FieldError> {
  if (spec.perDeviceNodeSelection === false) {
    const why = "must be either unset or set to true";
    yield invalid("spec.perDeviceNodeSelection", false, why);
  }
  const ways = waysOf(spec);
  const why =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  if (ways.length === 0) yield required("spec", why);
  if (ways.length > 1) {
    yield invalid("spec", `{${ways.join(", ")}}`, `${why}, but multiple fields are set`);
  }
}

const attributesMax = 32;
const taintsMax = 16;
const consumptionsMax = 2;

function* validDevice(device: Device, at: string, isPlaced: boolean): Iterable<FieldError> {
  yield* validLabel(device.name, child(at, "name"));
  const { attributes = {}, capacity = {} } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > attributesMax) {
    const why = `the total number of attributes and capacities must not exceed ${attributesMax}`;
    yield invalid(at, count, why);
  }
  yield* checkedMap(attributes, child(at, "attributes"), {
    max: Infinity,
    checkKey: validQualifiedName,
    check: validAttribute,
  });
  const isShared = device.allowMultipleAllocations === true;
  yield* checkedMap(capacity, child(at, "capacity"), {
    max: Infinity,
    checkKey: validQualifiedName,
    check: (amount, here) => validCapacity(amount, here, isShared),
  });
  yield* checkedList(device.taints, child(at, "taints"), { max: taintsMax, check: validTaint });
  yield* checkedSet(device.consumesCounters, child(at, "consumesCounters"), {
    max: consumptionsMax,
    check: validConsumption,
    keyOf: ({ counterSet }) => counterSet,
  });
  yield* isPlaced ? validPlace(device, at) : noPlace(device, at);
  yield* validBinding(device, at);
}

function* validPlace(device: Device, at: string): Iterable<FieldError> {
  yield* validNodes(device, at);
  const ways = waysOf(device);
  const why =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (ways.length === 0) yield required(at, why);
  if (ways.length > 1) yield invalid(at, `{${ways.join(", ")}}`, why);
}

function* noPlace({ nodeName, nodeSelector, allNodes }: Device, at: string): Iterable<FieldError> {
  const isPlaced = [nodeName, nodeSelector, allNodes].some((way) => way !== undefined);
  if (!isPlaced) return;
  const why =
    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  yield invalid(at, null, why);
}

const number = "(0|[1-9]\\d*)";
const preRelease = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const build = "[0-9a-zA-Z-]+";
const semanticVersion = new RegExp(
  `^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`,
);
const valueMax = 64;

function* validAttribute(attribute: DeviceAttribute, at: string): Iterable<FieldError> {
  const { string, version } = attribute;
  yield* notLonger(child(at, "string"), string, valueMax);
  if (version !== undefined && !semanticVersion.test(version)) {
    const why = "must be a string compatible with semver.org spec 2.0.0";
    yield invalid(child(at, "version"), version, why);
  }
  yield* notLonger(child(at, "version"), version, valueMax);
  const values = Object.values(attribute).filter((value) => value !== undefined);
  if (values.length === 1) return;
  yield invalid(at, values.length === 0 ? "" : attribute, "exactly one value must be specified");
}

function* validTaint({ key, value = "" }: DeviceTaint, at: string): Iterable<FieldError> {
  yield* invalidEach(child(at, "key"), key, labelKey(key));
  yield* invalidEach(child(at, "value"), value, labelValue(value));
}

function* validConsumption(
  { counterSet, counters }: DeviceCounterConsumption,
  at: string,
): Iterable<FieldError> {
  yield* validCounters({ name: counterSet, counters }, at, "counterSet");
}

const validCounterSet = (set: CounterSet, at: string): Iterable<FieldError> =>
  validCounters(set, at, "name");

function* validCounters(
  { name, counters }: CounterSet,
  at: string,
  nameField: string,
): Iterable<FieldError> {
  if (name === "") yield required(child(at, nameField));
  else yield* validLabel(name, child(at, nameField));
  const path = child(at, "counters");
  if (!counters || Object.keys(counters).length === 0) yield required(path);
  yield* checkedMap(counters, path, { max: countersMax, checkKey: validLabel });
}
