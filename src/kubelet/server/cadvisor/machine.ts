/** What the machine is. exact: cadvisor. upstream: google/cadvisor metrics/prometheus_machine.go */
import type { MachineFacts } from "#kubelet/ports.ts";
import type { Family } from "../exposition.ts";

type Fact = readonly [
  name: string,
  help: string,
  valueOf: (facts: MachineFacts) => number | undefined,
];

const facts: readonly Fact[] = [
  ["machine_cpu_cores", "Number of logical CPU cores.", ({ cpus }) => cpus],
  [
    "machine_cpu_physical_cores",
    "Number of physical CPU cores.",
    ({ physicalCores }) => physicalCores,
  ],
  ["machine_cpu_sockets", "Number of CPU sockets.", ({ sockets }) => sockets],
  [
    "machine_memory_bytes",
    "Amount of memory installed on the machine.",
    ({ memoryBytes }) => memoryBytes,
  ],
  [
    "machine_swap_bytes",
    "Amount of swap memory available on the machine.",
    ({ swapBytes }) => swapBytes,
  ],
];

const gauge = (name: string, help: string, samples: Family["samples"]): Family => ({
  name,
  type: "gauge",
  help,
  samples,
});

/** Nothing of it is known before the machine was looked at. */
export function machineFamilies(machine: MachineFacts | undefined): readonly Family[] {
  const { machineId = "", systemUuid = "", bootId = "" } = machine ?? {};
  const labels = { boot_id: bootId, machine_id: machineId, system_uuid: systemUuid };
  const version = {
    cadvisorRevision: "",
    cadvisorVersion: "",
    dockerVersion: "",
    kernelVersion: machine?.kernelVersion ?? "",
    osVersion: machine?.osImage ?? "",
  };
  return [
    gauge(
      "cadvisor_version_info",
      "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
      [[version, 1]],
    ),
    ...facts.map(([name, help, valueOf]) => {
      const value = machine && valueOf(machine);
      return gauge(name, help, value === undefined ? [] : [[labels, value]]);
    }),
    gauge(
      "machine_scrape_error",
      "1 if there was an error while getting machine metrics, 0 otherwise.",
      [[{}, machine ? 0 : 1]],
    ),
  ];
}
