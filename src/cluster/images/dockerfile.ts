/**
 * Reads the part of the Dockerfile language that needs no container to build: FROM, COPY, ADD of
 * local files, ENV, ARG, LABEL, WORKDIR, USER, EXPOSE, VOLUME, CMD, ENTRYPOINT, STOPSIGNAL. With it,
 * images of programs that only need files are made without a registry and without other tools;
 * whoever needs RUN needs buildah. Source: Dockerfile reference.
 */
import type { ImageConfig } from "./image.ts";

export interface Recipe {
  readonly from: string;
  readonly copies: readonly Copy[];
  /** What the image's own configuration becomes, on top of the base's. */
  readonly config: (base: ImageConfig) => ImageConfig;
  /** Instructions that this builder cannot carry out, with their lines. */
  readonly unsupported: readonly { readonly line: number; readonly instruction: string }[];
}

export interface Copy {
  readonly sources: readonly string[];
  /** Absolute; ends with `/` when it is a folder to copy into. */
  readonly target: string;
  readonly line: number;
}

/** What is wrong, and in which line. */
export class DockerfileError extends Error {
  override readonly name = "DockerfileError";
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

interface State {
  from: string;
  copies: Copy[];
  unsupported: { line: number; instruction: string }[];
  args: Map<string, string>;
  env: Map<string, string>;
  workdir: string;
  edits: ((config: ImageConfig) => ImageConfig)[];
}

interface Line {
  readonly number: number;
  readonly instruction: string;
  readonly rest: string;
}

/** `args` are the values of `--build-arg`. */
export function parseDockerfile(text: string, args: Readonly<Record<string, string>>): Recipe {
  const state: State = {
    from: "",
    copies: [],
    unsupported: [],
    args: new Map(),
    env: new Map(),
    workdir: "/",
    edits: [],
  };
  for (const line of linesOf(text)) {
    const instruct = instructions[line.instruction];
    if (!instruct)
      throw new DockerfileError(line.number, `unknown instruction ${line.instruction}`);
    if (state.from === "" && !["FROM", "ARG"].includes(line.instruction))
      throw new DockerfileError(line.number, `${line.instruction} before FROM`);
    instruct(state, { ...line, rest: substituted(line, state) }, args);
  }
  if (state.from === "") throw new DockerfileError(1, "there is no FROM instruction");
  const { from, copies, unsupported, edits } = state;
  return { from, copies, unsupported, config: (base) => edits.reduce((c, edit) => edit(c), base) };
}

function* linesOf(text: string): Iterable<Line> {
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const number = at + 1;
    let line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    while (line.endsWith("\\") && at + 1 < lines.length) {
      const next = (lines[++at] ?? "").trim();
      if (!next.startsWith("#")) line = `${line.slice(0, -1)} ${next}`;
    }
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    yield { number, instruction: word.toUpperCase(), rest: rest.trim() };
  }
}

/** $NAME, ${NAME}, ${NAME:-fallback}; not inside CMD and ENTRYPOINT, where the shell does it. */
function substituted({ instruction, rest }: Line, { args, env }: State): string {
  if (["CMD", "ENTRYPOINT", "RUN", "ARG"].includes(instruction)) return rest;
  return rest.replaceAll(/\\\$|\$\w+|\$\{[^}]*\}/g, (match) => {
    if (match === "\\$") return "$";
    const [, name = "", fallback = ""] = /^\$\{?(\w+)(?::-(.*))?\}?$/s.exec(match) ?? [];
    return env.get(name) ?? args.get(name) ?? fallback.replace(/\}$/, "");
  });
}

type Instruct = (state: State, line: Line, given: Readonly<Record<string, string>>) => void;

function refuse(state: State, line: number, instruction: string): void {
  state.unsupported.push({ line, instruction });
}

const cannot: Instruct = (state, { number, instruction }) => refuse(state, number, instruction);

const edit =
  (change: (config: ImageConfig, line: Line) => ImageConfig): Instruct =>
  (state, line) =>
    void state.edits.push((config) => change(config, line));

const instructions: Readonly<Record<string, Instruct>> = {
  FROM(state, line) {
    if (state.from !== "") return refuse(state, line.number, "a second FROM");
    state.from = line.rest.split(/\s+/)[0] ?? "";
  },
  ARG(state, { rest }, given) {
    const [name, fallback] = splitOnce(rest, "=");
    const value = given[name] ?? fallback;
    if (value !== undefined) state.args.set(name, unquoted(value));
  },
  ENV(state, { rest }) {
    for (const [name, value] of pairsOf(rest)) {
      state.env.set(name, value);
      state.edits.push((config) => withEnv(config, name, value));
    }
  },
  LABEL(state, { rest }) {
    const labels = Object.fromEntries(pairsOf(rest));
    state.edits.push((config) => ({ ...config, Labels: { ...config.Labels, ...labels } }));
  },
  COPY: copy,
  ADD(state, line) {
    if (/^(https?|git):/.test(line.rest)) return refuse(state, line.number, `ADD ${line.rest}`);
    return copy(state, line);
  },
  WORKDIR(state, { rest }) {
    const path = rest.startsWith("/") ? rest : `${state.workdir.replace(/\/$/, "")}/${rest}`;
    state.workdir = path;
    state.edits.push((config) => ({ ...config, WorkingDir: path }));
  },
  USER: edit((config, { rest }) => ({ ...config, User: rest })),
  STOPSIGNAL: edit((config, { rest }) => ({ ...config, StopSignal: rest })),
  EXPOSE: edit((config, { rest }) => {
    const ports = rest.split(/\s+/).map((port) => [port.includes("/") ? port : `${port}/tcp`, {}]);
    return { ...config, ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(ports) } };
  }),
  VOLUME: edit((config, line) => {
    const paths = commandOf(line, false).map((path) => [path, {}]);
    return { ...config, Volumes: { ...config.Volumes, ...Object.fromEntries(paths) } };
  }),
  CMD: edit((config, line) => ({ ...config, Cmd: commandOf(line, true) })),
  ENTRYPOINT: edit((config, line) => {
    const { Cmd: _dropped, ...others } = config;
    return { ...others, Entrypoint: commandOf(line, true) };
  }),
  RUN: cannot,
  SHELL: cannot,
  HEALTHCHECK: () => {},
  MAINTAINER: () => {},
  ONBUILD: cannot,
};

function copy(state: State, line: Line): void {
  if (/--(from|chown|chmod|link)\b/.test(line.rest))
    return refuse(state, line.number, `${line.instruction} ${line.rest}`);
  const words = commandOf(line, false);
  const target = words.pop();
  if (target === undefined || words.length === 0)
    throw new DockerfileError(line.number, `${line.instruction} needs a source and a target`);
  const base = state.workdir.replace(/\/$/, "");
  const absolute = target.startsWith("/") ? target : `${base}/${target.replace(/^\.\/?/, "")}`;
  const isFolder = words.length > 1 || target.endsWith("/") || /^\.\/?$/.test(target);
  const path = isFolder ? `${absolute.replace(/\/$/, "")}/` : absolute;
  state.copies.push({ sources: words, target: path, line: line.number });
}

/** The JSON form as it stands; the shell form split at blanks, or wrapped into a shell. */
function commandOf({ number, rest }: Line, throughShell: boolean): string[] {
  if (rest.startsWith("[")) {
    try {
      return (JSON.parse(rest) as unknown[]).map(String);
    } catch (cause) {
      throw new DockerfileError(number, `not a JSON list: ${rest}`, { cause });
    }
  }
  return throughShell ? ["/bin/sh", "-c", rest] : rest.split(/\s+/).filter((word) => word !== "");
}

/** `A=1 B="two words"`, or the old form `A one value`. */
function pairsOf(rest: string): [string, string][] {
  if (!/^[\w.-]+=/.test(rest)) {
    const [name, value = ""] = splitOnce(rest, " ");
    return [[name, value.trim()]];
  }
  const pairs = rest.matchAll(/([\w./-]+)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|\S)*)/g);
  return Array.from(pairs, ([, name = "", value = ""]) => [name, unquoted(value)]);
}

const unquoted = (text: string): string =>
  /^(["']).*\1$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function withEnv(config: ImageConfig, name: string, value: string): ImageConfig {
  const others = (config.Env ?? []).filter((entry) => !entry.startsWith(`${name}=`));
  return { ...config, Env: [...others, `${name}=${value}`] };
}
