/** A program of Go that answers questions with upstream's own libraries, out of Debian's packages. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { unpack } from "../packages.ts";

const run = promisify(execFile);

/** The compiler, and what the program is made of, with what that needs. */
const packages = [
  "golang-1.19-go",
  "golang-1.19-src",
  "golang-k8s-sigs-structured-merge-diff-dev",
  "golang-k8s-kube-openapi-dev",
  "golang-github-evanphx-json-patch-dev",
  "golang-github-googleapis-gnostic-dev",
  "golang-github-json-iterator-go-dev",
  "golang-github-modern-go-concurrent-dev",
  "golang-github-modern-go-reflect2-dev",
  "golang-github-pkg-errors-dev",
  "golang-github-golang-protobuf-1-3-dev",
  "golang-gopkg-yaml.v2-dev",
] as const;

/** Made in `folder`, or what an earlier run made there. */
export async function buildOracle(folder: string): Promise<string> {
  const root = join(folder, "debian");
  const program = join(folder, "oracle");
  if (!existsSync(join(root, "usr/share/gocode"))) await unpack(root, packages);
  const source = join(folder, "src");
  await mkdir(source, { recursive: true });
  if (!existsSync(join(source, "oracle"))) {
    await symlink(join(import.meta.dirname, "program"), join(source, "oracle"));
  }
  await run(join(root, "usr/lib/go-1.19/bin/go"), ["build", "-o", program, "oracle"], {
    env: {
      PATH: process.env["PATH"],
      GO111MODULE: "off",
      GOROOT: join(root, "usr/lib/go-1.19"),
      GOPATH: `${folder}:${join(root, "usr/share/gocode")}`,
      GOCACHE: join(folder, "cache"),
      CGO_ENABLED: "0",
    },
  });
  return program;
}

export class Oracle implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(program: string, definitions: object) {
    this.#child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdin, stdout } = this.#child;
    if (!stdin || !stdout) throw new Error("the oracle has no pipes");
    stdin.write(`${JSON.stringify({ swagger: "2.0", info, paths: {}, definitions })}\n`);
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** One answer for each question. */
  async ask(questions: readonly object[]): Promise<readonly OracleAnswer[]> {
    this.#child.stdin?.write(questions.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const answers: OracleAnswer[] = [];
    for (const _ of questions) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error("the oracle is gone");
      answers.push(JSON.parse(value) as OracleAnswer);
    }
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await gone;
  }
}

const info = { title: "k8ts", version: "1" };

/** As `program/main.go` has it. */
export interface OracleAnswer {
  readonly error?: string;
  readonly conflicts?: readonly { readonly manager: string; readonly path: string }[];
  readonly object?: unknown;
  readonly managers?: readonly OracleManager[];
}

export interface OracleManager {
  readonly name: string;
  readonly version: string;
  readonly applied: boolean;
  readonly fields: object;
}
