/**
 * Which devices an expression picks: CEL with one variable, `device`.
 * upstream: staging/src/k8s.io/dynamic-resource-allocation/cel/compile.go
 */
import type { Device, DeviceAttribute } from "#api/resource/resourceslice.ts";
import { messageOf } from "#base/failure.ts";
import { quantityOf } from "#base/quantity.ts";
import { compile, type Program } from "#cel/cel.ts";
import { quantityValue } from "#cel/functions/quantities.ts";
import { semverValue } from "#cel/functions/semvers.ts";
import { boolType, dynType, mapType, objectType, opaqueType, stringType } from "#cel/types.ts";

const byDomain = (type: ReturnType<typeof opaqueType>) => ({
  type: mapType(stringType, mapType(stringType, type)),
});

const deviceType = objectType(
  "kubernetes.DRADevice",
  new Map([
    ["driver", { type: stringType }],
    ["attributes", byDomain(dynType)],
    ["capacity", byDomain(opaqueType("kubernetes.Quantity"))],
  ]),
);

/** A selector cannot be read, or cannot be worked out for a device. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

type Known = Program | SelectorError;

/** Few expressions are met again and again. */
const programs = new Map<string, Known>();
const programsMax = 1_024;

function programOf(expression: string): Program {
  const known = programs.get(expression) ?? compiled(expression);
  if (programs.size >= programsMax) programs.clear();
  programs.set(expression, known);
  if (known instanceof SelectorError) throw known;
  return known;
}

// exact: kube-scheduler
function compiled(expression: string): Known {
  try {
    const variables = { device: deviceType };
    return compile(expression, { variables, resultType: [boolType, dynType] });
  } catch (error) {
    const why = messageOf(error);
    return new SelectorError(`CEL compile error: compilation failed: ${why}`);
  }
}

/** What expressions see of a device, and what they said of it. */
export class DeviceTraits {
  readonly #driver: string;
  readonly #device: Device;
  #activation: object | undefined;
  readonly #verdicts = new Map<string, boolean>();

  constructor(driver: string, device: Device) {
    this.#driver = driver;
    this.#device = device;
  }

  /** Throws a `SelectorError`. */
  match(expression: string): boolean {
    const known = this.#verdicts.get(expression);
    if (known !== undefined) return known;
    const device = (this.#activation ??= activationOf(this.#driver, this.#device));
    const { value, error } = programOf(expression).evaluate({ device });
    if (error) throw new SelectorError(`CEL runtime error: ${error.message}`);
    if (typeof value !== "boolean")
      throw new SelectorError(`CEL runtime error: result is not a bool`);
    if (this.#verdicts.size >= programsMax) this.#verdicts.clear();
    this.#verdicts.set(expression, value);
    return value;
  }

  /** The value of an attribute by its full name, as text; undefined when the device has none. */
  attribute(fullName: string): string | undefined {
    const { attributes = {} } = this.#device;
    const own = fullName.startsWith(`${this.#driver}/`)
      ? attributes[fullName.slice(this.#driver.length + 1)]
      : undefined;
    const attribute = attributes[fullName] ?? own;
    return attribute && JSON.stringify(attribute);
  }
}

const nothing: ReadonlyMap<string, unknown> = new Map();

/** A domain that the device knows nothing of is empty: looking into it is no error. */
class Domains extends Map<string, Map<string, unknown>> {
  override get(domain: string): Map<string, unknown> {
    return super.get(domain) ?? (nothing as Map<string, unknown>);
  }
}

function activationOf(driver: string, { attributes = {}, capacity = {} }: Device): object {
  return {
    driver,
    attributes: inDomains(driver, attributes, valueOf),
    capacity: inDomains(driver, capacity, ({ value }) => quantityValue(quantityOf(value))),
  };
}

function valueOf({ int, bool, string, version }: DeviceAttribute): unknown {
  return int ?? bool ?? string ?? (version === undefined ? undefined : semverValue(version));
}

/** Names without a domain are in that of the driver. */
function inDomains<T>(
  driver: string,
  named: { readonly [name: string]: T },
  valueFrom: (item: T) => unknown,
): Domains {
  const domains = new Domains();
  for (const [name, item] of Object.entries(named)) {
    const slash = name.indexOf("/");
    const domain = slash < 0 ? driver : name.slice(0, slash);
    const entries = domains.has(domain) ? domains.get(domain) : new Map<string, unknown>();
    domains.set(domain, entries.set(name.slice(slash + 1), valueFrom(item)));
  }
  return domains;
}
