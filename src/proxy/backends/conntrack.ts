/** The kernel's table of connections, through the `conntrack` program. */
import { type Processes, runOrThrow } from "#base/processes.ts";
import type { Flow, FlowTable, KnownFlow } from "../backend.ts";
import { piped } from "./piped.ts";

export interface ConntrackOptions {
  readonly processes: Processes;
  /** The program and what goes before its arguments: `["ip", "netns", "exec", "x", "conntrack"]`. */
  readonly command?: readonly string[];
}

export function conntrack({ processes, command = ["conntrack"] }: ConntrackOptions): FlowTable {
  const [program = "conntrack", ...before] = command;
  return {
    async forget(flows) {
      if (flows.length === 0) return 0;
      const lines = new Set(flows.map((flow) => lineOf(flow)));
      const batch = piped([...command, "-R", "-"], [...lines, ""].join("\n"));
      return countLines(await runOrThrow(processes, batch));
    },
    async list(protocol) {
      const args = [...before, "-L", "-f", "ipv4", "-p", protocol];
      return parseFlows(await runOrThrow(processes, { program, args }), protocol);
    },
  };
}

/** One command of a batch. The reply's source is the endpoint, whatever else was translated. */
const lineOf = ({ protocol, address, port, answeredBy }: Flow): string =>
  [
    `-D -f ipv4 -p ${protocol}`,
    ...(address === undefined ? [] : [`-d ${address}`]),
    ...(port === undefined ? [] : [`--dport ${port}`]),
    ...(answeredBy === undefined ? [] : [`-r ${answeredBy}`]),
  ].join(" ");

/** It prints each flow that it deleted. */
const countLines = (text: string): number => text.split("\n").filter((line) => line !== "").length;

/** `udp 17 29 src=a dst=b sport=1 dport=2 [UNREPLIED] src=c dst=a sport=2 dport=1 mark=0 use=1` */
export function parseFlows(text: string, protocol: Flow["protocol"]): readonly KnownFlow[] {
  return text.split("\n").flatMap((line): KnownFlow[] => {
    const [, address, port, answeredBy] =
      / dst=(\S+) .*?dport=(\d+).*? src=(\S+) /.exec(line) ?? [];
    if (address === undefined || answeredBy === undefined) return [];
    return [{ protocol, address, port: Number(port), answeredBy }];
  });
}
