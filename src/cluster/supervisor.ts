/**
 * Keeps the cluster's processes alive. Each has a supervisor of its own, a few lines of shell (it
 * costs one megabyte where a second Node would cost forty), which starts it again when it dies.
 * Everything is found again through pid files: killed at any moment, the next `up` recovers.
 */
import { readFile } from "node:fs/promises";
import { type Clock, sleep } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { Processes } from "#base/processes.ts";

export interface Service {
  /** `control-plane`, `node`, `containerd`. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServiceState {
  readonly name: string;
  /** Undefined: nobody starts it again. */
  readonly supervisor: number | undefined;
  readonly pid: number | undefined;
}

export interface Supervisor {
  /** Starts the service unless it runs already with the same command. True when it was started. */
  readonly ensure: (service: Service) => Promise<boolean>;
  /** Stops the service and its supervisor; kills after `graceMs`. */
  readonly stop: (name: string, graceMs: number) => Promise<void>;
  readonly state: (name: string) => Promise<ServiceState>;
}

interface Ports {
  readonly disk: Disk;
  readonly processes: Processes;
  readonly clock: Clock;
}

const pollMs = 20;

export function supervisor(folders: { run: string; logs: string }, ports: Ports): Supervisor {
  const { disk, processes, clock } = ports;
  const file = (name: string, suffix: string): string => `${folders.run}/${name}.${suffix}`;

  async function livePid(name: string, suffix: string): Promise<number | undefined> {
    const text = await disk.read(file(name, suffix));
    const [pid = 0, started] = new TextDecoder().decode(text).trim().split(" ").map(Number);
    return pid > 0 && (await startOf(pid)) === started ? pid : undefined;
  }

  async function state(name: string): Promise<ServiceState> {
    const [supervisorPid, pid] = await Promise.all([livePid(name, "sup"), livePid(name, "pid")]);
    return { name, supervisor: supervisorPid, pid };
  }

  async function gone(pid: number, waitMs: number): Promise<boolean> {
    const started = await startOf(pid);
    for (let waited = 0; waited < waitMs; waited += pollMs) {
      if ((await startOf(pid)) !== started || started === undefined) return true;
      await sleep(clock, pollMs, new AbortController().signal);
    }
    return (await startOf(pid)) !== started;
  }

  async function end(pid: number | undefined, graceMs: number): Promise<void> {
    if (pid === undefined) return;
    processes.signal(pid, "SIGTERM");
    if (await gone(pid, graceMs)) return;
    processes.signal(pid, "SIGKILL");
    await gone(pid, 5_000);
  }

  return {
    state,

    async ensure({ name, command, env = {} }) {
      const wanted = JSON.stringify([command, env]);
      const found = await state(name);
      const before = new TextDecoder().decode(await disk.read(file(name, "command")));
      if (found.supervisor !== undefined && before === wanted) return false;
      await end(found.supervisor, 10_000);
      await end(found.pid, 10_000);
      await disk.makeFolder(folders.run, 0o700);
      await disk.makeFolder(folders.logs, 0o700);
      await disk.write(file(name, "command"), wanted);
      await processes.start({
        program: "/bin/sh",
        args: ["-c", script, `k8ts-${name}`, `${folders.run}/${name}`, ...command],
        env,
        logFile: `${folders.logs}/${name}.log`,
      });
      return true;
    },

    async stop(name, graceMs) {
      const found = await state(name);
      await end(found.supervisor, graceMs);
      // The supervisor may have been killed, or the service be deaf: look again.
      await end((await state(name)).pid, found.supervisor === undefined ? graceMs : 100);
      for (const suffix of ["sup", "pid", "command"]) await disk.remove(file(name, suffix));
    },
  };
}

/** When the process started, in clock ticks since boot: tells it from a later one of that pid. */
async function startOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : Number(fields[19]);
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw cause;
  }
}

/**
 * $1 is the path of the pid files; the rest is the command. A process that dies within a second is
 * started again ever more slowly, up to every five seconds.
 */
const script = `
base=$1; shift
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
note() { echo "$1 $(started "$1")" > "$base.$2.new" && mv "$base.$2.new" "$base.$2"; }
stop() { trap '' TERM INT; kill -TERM "$child" 2>/dev/null; wait "$child"; rm -f "$base.pid" "$base.sup"; exit 0; }
child=
trap stop TERM INT
trap '' HUP
note $$ sup
delay=0
while :; do
  before=$(cut -d. -f1 /proc/uptime)
  "$@" </dev/null &
  child=$!
  note $child pid
  wait "$child"
  code=$?
  after=$(cut -d. -f1 /proc/uptime)
  if [ $((after - before)) -gt 2 ]; then delay=0; fi
  echo "supervisor: $0 ended with $code; starting it again in $delay s"
  sleep $delay
  delay=$((delay < 5 ? delay + 1 : 5))
done
`;
