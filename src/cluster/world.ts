/** The real world behind the ports, once per process. */
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { HttpClient } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import type { Processes } from "#base/processes.ts";
import type { Random } from "#base/random.ts";
import { systemClock } from "#host/clock.ts";
import { systemDisk } from "#host/disk.ts";
import { httpClient } from "#host/http-client.ts";
import { textLog } from "#host/log.ts";
import { systemProcesses } from "#host/processes.ts";
import { systemRandom } from "#host/random.ts";

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly http: HttpClient;
  readonly log: Log;
}

export const realWorld = (): World => ({
  clock: systemClock,
  random: systemRandom,
  disk: systemDisk,
  processes: systemProcesses,
  http: httpClient(),
  log: textLog({ write: (line) => void process.stdout.write(`${line}\n`), clock: systemClock }),
});
