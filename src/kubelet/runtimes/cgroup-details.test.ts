/** On files in the form of the kernel: version 1 beside 2, and version 2 alone. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#sim/clock.ts";
import type { Cgroups } from "../ports.ts";
import { cgroupfs } from "./cgroupfs.ts";
import { parseTraffic } from "./interface-traffic.ts";
import { folderOf } from "./testing-files.ts";

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0
  eth0: 6511571543  190834    1    2    0     0          0         0 18366715  141074    3    4    0     0       0          0
veth12ab: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0
`;

const machine = {
  "proc/meminfo": "MemTotal:  1000 kB\nMemFree:  400 kB\nSwapTotal:  50 kB\nSwapFree:  20 kB\n",
  "proc/loadavg": "7.57 7.76 6.31 5/176 28502\n",
  "proc/pressure/io":
    "some avg10=0.03 avg60=0.49 avg300=0.62 total=1178766018\nfull avg10=0.00 avg60=0.00 avg300=0.01 total=284302268\n",
  "proc/self/net/dev": netDev,
  "proc/17/net/dev": netDev,
  "sys/dev/block/254:0/uevent": "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n",
};

const groupsIn = (folder: string): Cgroups =>
  cgroupfs({
    clock: new VirtualClock(),
    root: `${folder}/groups`,
    proc: `${folder}/proc`,
    sys: `${folder}/sys`,
  });

const stall = (text: string) => {
  const [avg10 = 0, avg60 = 0, avg300 = 0, totalMicroseconds = 0] = text.split(" ").map(Number);
  return { avg10, avg60, avg300, totalMicroseconds };
};

/** When a folder was made differs from run to run. */
const timeless = (details: Awaited<ReturnType<Cgroups["details"]>>) => {
  const { sinceMs, ...rest } = details ?? {};
  equal(sinceMs !== undefined && sinceMs > 0, details !== undefined);
  return rest;
};

/** What the files of both versions say. */
const memory = {
  anonymous: 20,
  cache: 10,
  mappedFile: 4,
  activeFile: 30,
  inactiveFile: 300,
  swap: 6,
  kernel: 64,
  highest: 1_500,
  limitHits: 2,
  faults: { all: 50, major: 9 },
};
const disk = {
  device: "/dev/vda",
  major: 254,
  minor: 0,
  readBytes: 4_096,
  writtenBytes: 8_192,
  reads: 1,
  writes: 2,
};

test("version 1: everything of a group, from the folders of its controllers", async (t) => {
  const folder = await folderOf(t, {
    ...machine,
    "groups/cpuacct/pods/cpuacct.usage": "97\n",
    "groups/cpuacct/pods/cpuacct.usage_user": "70\n",
    "groups/cpuacct/pods/cpuacct.usage_sys": "27\n",
    "groups/cpu/pods/cpu.stat":
      "nr_periods 12\nnr_throttled 3\nthrottled_time 4500\nnr_bursts 1\nburst_time 8\n",
    "groups/cpu/pods/cgroup.procs": "17\n18\n",
    "groups/cpu/pods/cpu.shares": "512\n",
    "groups/cpu/pods/cpu.cfs_period_us": "100000\n",
    "groups/cpu/pods/cpu.cfs_quota_us": "50000\n",
    "groups/memory/pods/cgroup.procs": "17\n18\n",
    "groups/memory/pods/memory.usage_in_bytes": "1000\n",
    "groups/memory/pods/memory.max_usage_in_bytes": "1500\n",
    "groups/memory/pods/memory.failcnt": "2\n",
    "groups/memory/pods/memory.kmem.usage_in_bytes": "64\n",
    "groups/memory/pods/memory.limit_in_bytes": "4096\n",
    "groups/memory/pods/memory.memsw.limit_in_bytes": "5120\n",
    "groups/memory/pods/memory.soft_limit_in_bytes": "9223372036854771712\n",
    "groups/memory/pods/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "groups/memory/pods/memory.stat":
      "cache 1\nrss 2\npgfault 5\npgmajfault 1\nswap 0\ntotal_cache 10\ntotal_rss 20\ntotal_mapped_file 4\ntotal_swap 6\ntotal_pgfault 50\ntotal_pgmajfault 9\ntotal_inactive_file 300\ntotal_active_file 30\n",
    "groups/blkio/pods/blkio.throttle.io_service_bytes_recursive":
      "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 0\nTotal 12288\n",
    "groups/blkio/pods/blkio.throttle.io_serviced_recursive":
      "254:0 Read 1\n254:0 Write 2\nTotal 3\n",
    "groups/blkio/pods/blkio.bfq.io_service_bytes_recursive": "Total 0\n",
    "groups/pids/pods/pids.current": "5\n",
    "groups/pids/pods/pids.max": "max\n",
    "groups/unified/pods/cpu.pressure":
      "some avg10=1.50 avg60=2.00 avg300=3.00 total=400\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
  });
  const groups = groupsIn(folder);
  deepEqual(timeless(await groups.details("/pods")), {
    cpuNanoseconds: 97,
    memoryBytes: 1_000,
    workingSetBytes: 700,
    cpuTimes: { user: 70, system: 27 },
    throttling: {
      periods: 12,
      throttledPeriods: 3,
      throttledNanoseconds: 4_500,
      burstPeriods: 1,
      burstNanoseconds: 8,
    },
    memory: { ...memory, ownFaults: { all: 5, major: 1 } },
    devices: [disk],
    processes: 2,
    outOfMemoryKills: 1,
    threads: 5,
    threadsMax: 0,
    pressure: {
      cpu: { some: stall("1.5 2 3 400"), full: stall("0 0 0 7") },
      memory: undefined,
      io: undefined,
    },
    bounds: {
      cpuShares: 512,
      cpuPeriodMicroseconds: 100_000,
      cpuQuotaMicroseconds: 50_000,
      memoryBytes: 4_096,
      swapBytes: 1_024,
      memoryAndSwapBytes: 5_120,
      reservedBytes: 0,
    },
  });
  equal((await groups.traffic("/pods"))?.[0]?.sent.bytes, 18_366_715);
  equal(await groups.traffic("/nobody"), undefined);
  equal(await groups.details("/nobody"), undefined);
});

test("version 2: everything of a group, from its one folder", async (t) => {
  const folder = await folderOf(t, {
    ...machine,
    "groups/cgroup.controllers": "cpu memory io pids\n",
    "groups/pods/cgroup.procs": "17\n",
    "groups/pods/cpu.stat":
      "usage_usec 97\nuser_usec 70\nsystem_usec 27\nnr_periods 12\nnr_throttled 3\nthrottled_usec 45\n",
    "groups/pods/cpu.weight": "39\n",
    "groups/pods/cpu.max": "max 100000\n",
    "groups/pods/memory.current": "1000\n",
    "groups/pods/memory.peak": "1500\n",
    "groups/pods/memory.max": "max\n",
    "groups/pods/memory.min": "0\n",
    "groups/pods/memory.swap.max": "2048\n",
    "groups/pods/memory.swap.current": "6\n",
    "groups/pods/memory.events": "low 0\nhigh 0\nmax 2\noom 1\noom_kill 1\n",
    "groups/pods/memory.stat":
      "anon 20\nfile 10\nkernel 64\nfile_mapped 4\ninactive_file 300\nactive_file 30\npgfault 50\npgmajfault 9\n",
    "groups/pods/io.stat": "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n",
    "groups/pods/pids.current": "5\n",
    "groups/pods/pids.max": "100\n",
    "groups/pods/memory.pressure":
      "some avg10=1.50 avg60=2.00 avg300=3.00 total=400\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
  });
  const groups = groupsIn(folder);
  deepEqual(timeless(await groups.details("/pods")), {
    cpuNanoseconds: 97_000,
    memoryBytes: 1_000,
    workingSetBytes: 700,
    cpuTimes: { user: 70_000, system: 27_000 },
    throttling: {
      periods: 12,
      throttledPeriods: 3,
      throttledNanoseconds: 45_000,
      burstPeriods: undefined,
      burstNanoseconds: undefined,
    },
    memory: { ...memory, ownFaults: memory.faults },
    devices: [disk],
    processes: 1,
    outOfMemoryKills: 1,
    threads: 5,
    threadsMax: 100,
    pressure: {
      cpu: undefined,
      memory: { some: stall("1.5 2 3 400"), full: stall("0 0 0 7") },
      io: undefined,
    },
    bounds: {
      cpuShares: 1_024,
      cpuPeriodMicroseconds: 100_000,
      cpuQuotaMicroseconds: undefined,
      memoryBytes: 0,
      swapBytes: 2_048,
      reservedBytes: 0,
    },
  });
  equal((await groups.traffic("/pods"))?.length, 1);
});

test("the machine itself: its memory and swap are its limits, its pressure is /proc's", async (t) => {
  const folder = await folderOf(t, {
    ...machine,
    "groups/cgroup.controllers": "",
    "groups/cpu.stat": "usage_usec 97\n",
    "groups/memory.stat": "inactive_file 0\n",
  });
  const groups = groupsIn(folder);
  const details = await groups.details("/");
  equal(details?.memoryBytes, 600 * 1_024);
  equal(details?.memory?.swap, 30 * 1_024);
  equal(details?.threads, 176);
  deepEqual(details?.bounds, { memoryBytes: 1_000 * 1_024, swapBytes: 50 * 1_024 });
  deepEqual(details?.pressure?.io?.full, stall("0 0 0.01 284302268"));
  equal((await groups.traffic("/"))?.[0]?.name, "eth0");
});

for (const [swapMax, swapBytes] of [
  ["max", undefined],
  ["0", 0],
] as const)
  test(`version 2: swap of ${swapMax} is ${swapBytes === 0 ? "none at all" : "not limited"}`, async (t) => {
    const folder = await folderOf(t, {
      "groups/cgroup.controllers": "",
      "groups/pods/cpu.stat": "usage_usec 97\n",
      "groups/pods/memory.stat": "",
      "groups/pods/memory.current": "1\n",
      "groups/pods/memory.swap.max": `${swapMax}\n`,
    });
    equal((await groupsIn(folder).details("/pods"))?.bounds?.swapBytes, swapBytes);
  });

test("version 1: a limit of memory alone is none of swap", async (t) => {
  const folder = await folderOf(t, {
    "groups/cpuacct/pods/cpuacct.usage": "97\n",
    "groups/memory/pods/memory.usage_in_bytes": "1\n",
    "groups/memory/pods/memory.stat": "",
    "groups/memory/pods/memory.limit_in_bytes": "4096\n",
    "groups/memory/pods/memory.memsw.limit_in_bytes": "9223372036854771712\n",
  });
  const bounds = (await groupsIn(folder).details("/pods"))?.bounds;
  deepEqual([bounds?.swapBytes, bounds?.memoryAndSwapBytes], [undefined, 0]);
});

test("a group that a kernel tells little of has little: nothing is made up", async (t) => {
  const folder = await folderOf(t, {
    "groups/cpuacct/pods/cpuacct.usage": "97\n",
    "groups/memory/pods/memory.usage_in_bytes": "1\n",
    "groups/memory/pods/memory.stat": "cache 1\n",
  });
  const details = await groupsIn(folder).details("/pods");
  for (const name of ["cpuTimes", "throttling", "devices", "threads", "pressure"] as const)
    equal(details?.[name], undefined, name);
  equal(details?.memory?.swap, undefined);
});

test("interfaces of a network: neither loops nor the node's ends of pods' interfaces", () => {
  deepEqual(parseTraffic(netDev), [
    {
      name: "eth0",
      received: { bytes: 6_511_571_543, packets: 190_834, errors: 1, dropped: 2 },
      sent: { bytes: 18_366_715, packets: 141_074, errors: 3, dropped: 4 },
    },
  ]);
});
