import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { runOrThrow } from "#base/processes.ts";
import { systemProcesses as processes } from "./processes.ts";

const sh = (script: string): { program: string; args: string[] } => ({
  program: "sh",
  args: ["-c", script],
});

test("a program's output, errors and exit code come back", async () => {
  deepEqual(await processes.run(sh("echo out; echo err >&2; exit 3")), {
    code: 3,
    output: "out\n",
    errors: "err\n",
  });
});

test("input, folder and environment reach it, arguments are not parsed", async () => {
  const command = {
    program: "sh",
    args: ["-c", 'cat; pwd; echo "$K8TS_TEST $1"', "sh", "$(id) *"],
  };
  const { output } = await processes.run({
    ...command,
    input: "typed\n",
    folder: "/",
    env: { K8TS_TEST: "set" },
  });
  equal(output, "typed\n/\nset $(id) *\n");
});

test("exit codes are as a shell's", async () => {
  equal((await processes.run(sh("kill -KILL $$"))).code, 137);
  deepEqual(await processes.run({ program: "k8ts-no-such-program", args: [] }), {
    code: 127,
    output: "",
    errors: "k8ts-no-such-program: not found",
  });
  equal((await processes.run({ program: "/etc/passwd", args: [] })).code, 126);
});

test("a program that does not read its input is no failure of ours", async () => {
  equal((await processes.run({ ...sh("exit 0"), input: "x".repeat(1_000_000) })).code, 0);
});

test("an aborted program is killed", async () => {
  const stop = new AbortController();
  const running = processes.run({ ...sh("exec sleep 1000"), signal: stop.signal });
  stop.abort();
  await rejects(running, { name: "AbortError" });
});

test("a program that must succeed says what went wrong", async () => {
  equal(await runOrThrow(processes, sh("echo fine")), "fine\n");
  await rejects(runOrThrow(processes, sh("echo broken >&2; exit 2")), /exit code 2: broken/);
});

test("a started program lives on its own, writes to its log, and is stopped by its number", async () => {
  const folder = mkdtempSync(`${tmpdir()}/k8ts-processes-`);
  const logFile = `${folder}/log`;
  const watcher = watch(folder);
  const pid = await processes.start({ ...sh("echo started; exec sleep 1000"), logFile });
  try {
    while (!readFileSync(logFile, "utf8").includes("started")) await once(watcher, "change");
    ok(processes.isAlive(pid));
    // The leader of its own group: no signal of our terminal reaches it.
    match(readFileSync(`/proc/${pid}/stat`, "utf8"), new RegExp(`\\) . \\d+ ${pid} ${pid} `));
  } finally {
    ok(processes.signal(pid, "SIGKILL"));
    watcher.close();
    rmSync(folder, { recursive: true });
  }
  while (processes.isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  equal(processes.signal(4_194_303, "SIGTERM"), false);
});

test("a program that cannot be started is an error", async () => {
  await rejects(processes.start({ program: "k8ts-no-such-program", args: [] }), { code: "ENOENT" });
});

test("a process that has ended is not alive, even before its parent has asked for it", async () => {
  // The shell starts a child, never waits for it, and says its number.
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 1000"]);
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  while (processes.isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  equal(processes.isAlive(pid), false);
  parent.kill("SIGKILL");
  await once(parent, "close");
});
