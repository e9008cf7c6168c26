/** The admission plugins of the profile, in its order, sorted by what they look at. */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type {
  Admission,
  AdmissionRequest,
  AdmissionSite,
  Claim,
  Mutated,
} from "../admission/admission.ts";
import { AdmissionTimes, type StepTimes } from "./admission-times.ts";

type Mutating = Admission & Required<Pick<Admission, "mutate">>;
type Checking = Admission & Required<Pick<Admission, "check">>;
type Validating = Admission & Required<Pick<Admission, "validate">>;
type Claiming = Admission & Required<Pick<Admission, "claim">>;

/** What concerns one kind, operation and subresource: found once, asked for with every such write. */
interface Course {
  readonly mutating: readonly Mutating[];
  readonly checking: readonly Checking[];
  readonly validating: readonly Validating[];
  readonly claiming: readonly Claiming[];
  readonly isEditingInClaims: boolean;
  readonly admit: StepTimes;
  readonly validate: StepTimes;
}

export class AdmissionChain {
  readonly #plugins: readonly Admission[];
  readonly #times: AdmissionTimes;
  /** By kind, then by operation and subresource. */
  readonly #courses = new WeakMap<AnyKind, Map<string, Course>>();

  constructor(plugins: readonly Admission[], site: AdmissionSite) {
    this.#plugins = plugins;
    this.#times = new AdmissionTimes(site.metrics, site.ports.clock);
    for (const plugin of plugins) plugin.attach?.(site);
  }

  mutate(draft: Draft<ApiObject>, request: AdmissionRequest): Soon<void> {
    const course = this.#courseOf(request);
    const once = (): Soon<boolean> => mutateOnce(draft, request, course);
    const again = (isDue: boolean): Soon<void> => (isDue ? whenThere(once(), nothing) : undefined);
    return course.admit.whole(() => whenThere(once(), again), isNoRefusal);
  }

  /** What is wrong beside what the kind says. */
  check(object: ApiObject, request: AdmissionRequest): readonly FieldError[] {
    const { checking } = this.#courseOf(request);
    return checking.flatMap((plugin) => [...plugin.check(object, request)]);
  }

  /** Every violation of every plugin. */
  validate(object: ApiObject, request: AdmissionRequest): Soon<readonly FieldError[]> {
    const { validating, validate } = this.#courseOf(request);
    const errors: FieldError[] = [];
    const judge = (plugin: Validating): Soon<boolean> => {
      const found = plugin.validate(object, request);
      if (!found) return false;
      if (found instanceof Promise) return found.then(hasPassed);
      const before = errors.length;
      errors.push(...found);
      return errors.length > before;
    };
    const way: Walk<Validating> = { plugins: validating, times: validate, act: judge };
    return validate.whole(() => whenThere(walk(way), () => errors), hasErrors);
  }

  /** What the object occupies besides its own key. */
  claims(draft: Draft<ApiObject>, request: AdmissionRequest): readonly Claim[] {
    const claims: Claim[] = [];
    for (const plugin of this.#courseOf(request).claiming) {
      const more = plugin.claim(draft, request);
      if (more.length > 0) claims.push(...more);
    }
    return claims;
  }

  /** Claiming edits the draft. */
  isEditingInClaims(request: AdmissionRequest): boolean {
    return this.#courseOf(request).isEditingInClaims;
  }

  #courseOf(request: AdmissionRequest): Course {
    const { kind, operation, subresource } = request;
    let ofKind = this.#courses.get(kind);
    if (!ofKind) this.#courses.set(kind, (ofKind = new Map<string, Course>()));
    const key = subresource === "" ? operation : `${operation} ${subresource}`;
    const known = ofKind.get(key);
    if (known) return known;
    const course = this.#makeCourse(request);
    ofKind.set(key, course);
    return course;
  }

  #makeCourse({ kind, operation, subresource }: AdmissionRequest): Course {
    const concerned = this.#plugins.filter(
      (plugin) =>
        plugin.when.includes(operation) &&
        (plugin.on === undefined || plugin.on.some((on) => isSameKind(on, kind))) &&
        (subresource === "" ||
          plugin.subresources === "all" ||
          plugin.subresources?.includes(subresource) === true),
    );
    return {
      mutating: concerned.filter((plugin): plugin is Mutating => plugin.mutate !== undefined),
      checking: concerned.filter((plugin): plugin is Checking => plugin.check !== undefined),
      validating: concerned.filter((plugin): plugin is Validating => plugin.validate !== undefined),
      claiming: concerned.filter((plugin): plugin is Claiming => plugin.claim !== undefined),
      isEditingInClaims: concerned.some(({ isClaimEditing }) => isClaimEditing === true),
      admit: this.#times.of("admit", operation),
      validate: this.#times.of("validate", operation),
    };
  }
}

const isSameKind = (a: AnyKind, b: AnyKind): boolean =>
  a === b || (a.apiVersion === b.apiVersion && a.plural === b.plural);

const nothing = (): void => {};
const hasPassed = (): boolean => false;
const isNoRefusal = (): boolean => false;
const hasErrors = (errors: readonly FieldError[]): boolean => errors.length > 0;

/** Whether some plugin wants all of them to have another look. */
function mutateOnce(
  draft: Draft<ApiObject>,
  request: AdmissionRequest,
  { mutating, admit }: Pick<Course, "mutating" | "admit">,
): Soon<boolean> {
  let isDueAgain = false;
  const note = (mutated: Mutated): boolean => {
    isDueAgain ||= mutated === "again";
    return false;
  };
  const act = (plugin: Mutating): Soon<boolean> => whenThere(plugin.mutate(draft, request), note);
  return whenThere(walk({ plugins: mutating, times: admit, act }), () => isDueAgain);
}

interface Walk<P extends Admission> {
  readonly plugins: readonly P[];
  readonly times: StepTimes;
  /** Says whether the plugin refuses. */
  readonly act: (plugin: P) => Soon<boolean>;
}

/** From one plugin to the next: at once, until one has to be waited for. */
function walk<P extends Admission>(way: Walk<P>, from = 0): Soon<void> {
  const { plugins, times, act } = way;
  let started = times.now();
  for (let at = from; ; at++) {
    const plugin = plugins[at];
    if (!plugin) return undefined;
    const { name } = plugin;
    try {
      const isRefusal = act(plugin);
      if (isRefusal instanceof Promise) return walkOn(way, { at, name, started }, isRefusal);
      started = times.plugin(name, started, isRefusal);
    } catch (cause) {
      times.plugin(name, started, true);
      throw cause;
    }
  }
}

interface Place {
  readonly at: number;
  readonly name: string;
  readonly started: number;
}

async function walkOn<P extends Admission>(
  way: Walk<P>,
  { at, name, started }: Place,
  waitingFor: Promise<boolean>,
): Promise<void> {
  let isRefusal = true;
  try {
    isRefusal = await waitingFor;
  } finally {
    way.times.plugin(name, started, isRefusal);
  }
  return walk(way, at + 1);
}
