/** A command: one file, typed flags, and a `run` that sees nothing of the world but its shell. */
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { HttpClient, HttpServer, HttpServerOptions } from "#base/http.ts";
import type { Command as ProgramCall, Processes } from "#base/processes.ts";
import type { Random } from "#base/random.ts";
import type { Listen } from "#base/tcp.ts";
import type { Client } from "#client/client.ts";
import { flag, type Flags, type Parsed, type ValuesOf } from "./flags.ts";

/** A terminal, a pipe or a file at the other end. */
export interface Output {
  readonly write: (text: string | Uint8Array) => void;
  readonly isTerminal: boolean;
  /** Undefined when it is no terminal. */
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
  /** Calls back whenever the terminal's size changes. */
  readonly onResize: (changed: () => void) => Disposable;
}

export interface Input {
  readonly isTerminal: boolean;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Every key as it is pressed, unechoed, until disposed. */
  readonly raw: () => Disposable;
}

/** The only world a command sees. */
export interface Shell {
  readonly output: Output;
  readonly errors: Output;
  readonly input: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly http: HttpClient;
  /** Opens a local port; absent where there is no network to listen on. */
  readonly listen?: Listen;
  /** Likewise. */
  readonly serveHttp?: (options: HttpServerOptions) => Promise<HttpServer>;
  /** Runs a program that talks to the user itself (an editor); absent without a terminal. */
  readonly foreground?: (program: ProgramCall) => Promise<number>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Connects by kubeconfig and the global flags, once. */
  readonly cluster: (globals?: GlobalValues) => Promise<ClusterAccess>;
}

export interface ClusterAccess {
  readonly client: Client;
  /** The namespace of `-n`, of the context, or `default`. */
  readonly namespace: string;
  readonly server: string;
  /** Calls to that server with the user's credentials; others are refused. */
  readonly http: HttpClient;
}

export interface Command<F extends Flags = Flags> {
  /** Words after `k8ts`: `scale`, `rollout status`. */
  readonly name: string;
  /** What follows the name: `TYPE/NAME... --replicas=COUNT`. */
  readonly usage: string;
  readonly summary: string;
  /** More than the summary says, for `--help`. */
  readonly details?: string;
  readonly examples?: readonly string[];
  readonly aliases?: readonly string[];
  readonly flags: F;
  /** Help lists commands by group. */
  readonly group: "cluster" | "basic" | "deploy" | "debug" | "settings" | "hidden";
  /** Returns the exit code; nothing means 0. */
  readonly run: (shell: Shell, call: Call<F>) => Promise<number | void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- commands with flags of every kind stand in one list.
export type AnyCommand = Command<any>;

export interface Call<F extends Flags = typeof globalFlags> extends Pick<
  Parsed<F>,
  "args" | "rest" | "given"
> {
  readonly flags: ValuesOf<F & Omit<typeof globalFlags, keyof F>>;
  /** The program and the command: `k8ts get`. For hints. */
  readonly path: string;
  /** All of the program's commands, for those that are about commands. */
  readonly commands: readonly AnyCommand[];
}

/** Every command understands them, but for those whose name it uses for something of its own. */
export const globalFlags = {
  namespace: flag.text("the namespace to work in", { short: "n", value: "NAME" }),
  kubeconfig: flag.text("the kubeconfig file to use", { value: "FILE" }),
  context: flag.text("the kubeconfig context to use", { value: "NAME" }),
  cluster: flag.text("the kubeconfig cluster to use", { value: "NAME" }),
  user: flag.text("the kubeconfig user to use", { value: "NAME" }),
  server: flag.text("the address of the API server", { short: "s", value: "URL" }),
  token: flag.text("the bearer token to show to the API server", { value: "TOKEN" }),
  "client-certificate": flag.text("the client certificate to show to the API server", {
    value: "FILE",
  }),
  "client-key": flag.text("the key of the client certificate", { value: "FILE" }),
  "certificate-authority": flag.text("the authorities to check the server's certificate by", {
    value: "FILE",
  }),
  as: flag.text("act as this user", { value: "NAME" }),
  "as-group": flag.list("act as a member of this group; may be repeated", { value: "NAME" }),
  "as-uid": flag.text("act as the user with this uid", { value: "UID" }),
  "insecure-skip-tls-verify": flag.switch("do not check the server's certificate"),
  "request-timeout": flag.duration("give up on a request after so long; 0 means never", {
    fallback: 0,
  }),
  help: flag.switch("help for the command", { short: "h" }),
} as const;

export type GlobalValues = ValuesOf<typeof globalFlags>;

export const defineCommand = <const F extends Flags>(command: Command<F>): Command<F> =>
  Object.freeze(command);
