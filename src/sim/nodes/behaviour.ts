/**
 * What containers do when there are none: rules, by image, label, annotation, container or node. All
 * rules that match hold; where two say something about the same, the later one does.
 */
import type { Execution } from "#kubelet/runtimes/memory.ts";
import { checkedBehaviour } from "./checked-behaviour.ts";
import type { Span } from "./span.ts";
import type { Amount, Growth } from "./usage.ts";

export interface Behaviour {
  /** Every container when absent; all that is named has to match. */
  readonly match?: Match;
  /** Until the image is there, when a node does not have it yet. */
  readonly pullMs?: Span;
  /** The image cannot be pulled, and the registry says this. */
  readonly pullError?: string;
  /** The uid that the image says to run as; 0 is root. 65532 unless said, as most images for clusters have it. */
  readonly imageUser?: number;
  /** From its creation until it runs. */
  readonly startMs?: Span;
  /** It cannot even be started, and the runtime says this. */
  readonly startError?: string;
  /** It ends by itself after so long; absent or Infinity: it runs for ever. */
  readonly runsForMs?: Span;
  /** With which it ends by itself; for each restart the next one, the last one from then on. */
  readonly exitCode?: number | readonly number[];
  /** After a request to stop; Infinity: it ignores requests and has to be killed. */
  readonly stopsAfterMs?: Span;
  /** Whether probes of any type succeed. They are asked each time: a rule may come later. */
  readonly ready?: boolean;
  /** Probes fail for so long after the start. */
  readonly readyAfterMs?: Span;
  /** Probes fail from then on, counted from the start. */
  readonly unhealthyAfterMs?: Span;
  /** What it uses while it runs, for stats and metrics: `250m`, or between two of them. */
  readonly cpu?: Amount;
  /** As `cpu`: `128Mi`. It may grow while it runs. */
  readonly memory?: Amount | Growth;
  /** What it writes beside its volumes, as `memory`; it stays until the container is removed. */
  readonly disk?: Amount | Growth;
  /** How many processes and threads it has, as `memory`. */
  readonly processes?: Amount | Growth;
  /** Lines written at the start. */
  readonly logs?: readonly string[];
  /** Answers commands (exec probes and hooks); succeeds silently when absent. */
  readonly exec?: (command: readonly string[]) => Execution;
}

export interface Match {
  /** A name as pods spell it; without tag it means all tags. */
  readonly image?: string | RegExp;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container?: string;
  readonly namespace?: string;
  readonly node?: string;
}

/** What rules can tell containers apart by. */
export interface Traits {
  readonly image: string;
  readonly container: string;
  readonly namespace: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Starts in about a second, is ready at once, is not root, stops when asked, else runs for ever. */
const everyone: Behaviour = {
  imageUser: 65_532,
  pullMs: { min: 200, max: 600 },
  startMs: { min: 300, max: 700 },
  stopsAfterMs: { min: 0, max: 200 },
};

/** Helpers of provisioners do their errand, and end. */
const helpers: Behaviour = { match: { labels: { app: "local-path-helper" } }, runsForMs: 0 };

/** The rules of a cluster; they may change while it runs. */
export class Behaviours {
  #rules: Behaviour[];
  readonly #listeners = new Set<() => void>();

  constructor(rules: readonly Behaviour[] = []) {
    this.#rules = [everyone, helpers, ...rules.map(checkedBehaviour)];
  }

  /** The same rules; from now on each has its own. */
  fork(): Behaviours {
    const twin = new Behaviours();
    twin.#rules = this.#rules.slice();
    return twin;
  }

  /** From now on; until it is disposed of. Throws TypeError on what is no rule. */
  add(rule: Behaviour): Disposable {
    this.#rules.push(checkedBehaviour(rule));
    this.#tell();
    return {
      [Symbol.dispose]: () => {
        const at = this.#rules.indexOf(rule);
        if (at >= 0) this.#rules.splice(at, 1);
        this.#tell();
      },
    };
  }

  /** Called whenever a rule came or went. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  of(traits: Traits): Behaviour {
    return Object.assign({}, ...this.#rules.filter(({ match }) => !match || fits(match, traits)));
  }

  /** An image is pulled for whoever asks first, so that only rules by image and node count. */
  ofImage(image: string, node: string): Behaviour {
    const isAboutImages = ({ match = {} }: Behaviour): boolean =>
      Object.keys(match).every((name) => name === "image" || name === "node");
    const traits = { image, node, container: "", namespace: "", labels: {}, annotations: {} };
    const rules = this.#rules.filter(isAboutImages);
    return Object.assign({}, ...rules.filter(({ match }) => !match || fits(match, traits)));
  }
}

function fits(match: Match, traits: Traits): boolean {
  const { image, labels = {}, annotations = {} } = match;
  return (
    (image === undefined || isImage(image, traits.image)) &&
    (["container", "namespace", "node"] as const).every(
      (name) => match[name] === undefined || match[name] === traits[name],
    ) &&
    holdsAll(traits.labels, labels) &&
    holdsAll(traits.annotations, annotations)
  );
}

const isImage = (wanted: string | RegExp, image: string): boolean =>
  typeof wanted === "string"
    ? image === wanted || /^[:@]/.test(image.startsWith(wanted) ? image.slice(wanted.length) : "")
    : wanted.test(image);

const holdsAll = (all: Traits["labels"], wanted: Traits["labels"]): boolean =>
  Object.entries(wanted).every(([name, value]) => all[name] === value);

/** With which code an instance ends; they are counted from 0. */
export function exitCodeOf({ exitCode = 0 }: Behaviour, attempt: number): number {
  if (typeof exitCode === "number") return exitCode;
  return exitCode[Math.min(attempt, exitCode.length - 1)] ?? 0;
}
