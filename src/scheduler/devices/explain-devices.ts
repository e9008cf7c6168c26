/** Why a node cannot give the devices that claims ask for: in numbers, a line for each request. */
import type { ClaimTask } from "./allocator.ts";
import { SelectorError } from "./device-selector.ts";
import type { KnownDevice } from "./device-index.ts";
import { claimName } from "./pod-claims.ts";
import { suitableAmong, untolerated, type Wanted } from "./wanted-devices.ts";

export const explainDevices = (
  tasks: readonly ClaimTask[],
  devices: readonly KnownDevice[],
  isInUse: (id: string) => boolean,
): readonly string[] =>
  tasks.flatMap(({ claim, requests }) =>
    requests.flat().map((wanted) => {
      const asked = wanted.wantsAll ? "all devices" : `${wanted.count} device(s)`;
      const className = wanted.deviceClass.metadata.name;
      const found = orWhyNot(() => foundFor(wanted, devices, isInUse));
      return `claim ${claimName(claim)}, request ${wanted.name} asks for ${asked} of class ${className}: ${found}`;
    }),
  );

/** A selector that fails is all there is to say. */
function orWhyNot(find: () => string): string {
  try {
    return find();
  } catch (error) {
    if (error instanceof SelectorError) return error.message;
    throw error;
  }
}

function foundFor(
  wanted: Wanted,
  devices: readonly KnownDevice[],
  isInUse: (id: string) => boolean,
): string {
  if (devices.length === 0) return "no devices can be reached from here";
  const suitable = suitableAmong(devices, wanted);
  const used = suitable.filter(({ id }) => !wanted.adminAccess && isInUse(id));
  const tainted = suitable.filter((known) => !used.includes(known) && untolerated(wanted, known));
  const broken = suitable.filter(({ pool }) => pool.isIncomplete || pool.isInvalid);
  const parts = [
    `${suitable.length} of ${devices.length} are of that kind`,
    ...countOf(used, "in use"),
    ...countOf(tainted, "with an untolerated taint"),
    ...countOf(broken, "in a pool that is incomplete or invalid"),
  ];
  return parts.join(", ");
}

const countOf = (known: readonly KnownDevice[], what: string): readonly string[] =>
  known.length > 0 ? [`${known.length} ${what}`] : [];
