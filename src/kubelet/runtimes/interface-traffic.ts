/** What went through the network interfaces that processes see. */
import type { InterfaceTraffic } from "../group-details.ts";
import { linesIn, textIn } from "./cgroup-files.ts";

/** Those of the first process of a group; nothing when none runs. */
export async function trafficOfGroup(
  processes: string,
  proc: string,
): Promise<readonly InterfaceTraffic[] | undefined> {
  const [pid] = await linesIn(processes);
  return pid === undefined ? undefined : trafficOf(pid, proc);
}

export async function trafficOf(
  pid: string,
  proc: string,
): Promise<readonly InterfaceTraffic[] | undefined> {
  const text = await textIn(`${proc}/${pid}/net/dev`);
  return text === undefined ? undefined : parseTraffic(text);
}

/** Loops and the node's ends of pods' interfaces say nothing of their own. exact: cadvisor */
const isOfInterest = (name: string): boolean => !/^(lo|veth|docker|nerdctl)/.test(name);

/** From /proc/net/dev: two lines of titles; eight numbers received, eight sent. */
export const parseTraffic = (text: string): readonly InterfaceTraffic[] =>
  text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      const [name = "", counts] = line.split(":");
      if (counts === undefined || !isOfInterest(name.trim())) return [];
      const numbers = counts.trim().split(/\s+/).map(Number);
      const from = (i: number) => ({
        bytes: numbers[i] ?? 0,
        packets: numbers[i + 1] ?? 0,
        errors: numbers[i + 2] ?? 0,
        dropped: numbers[i + 3] ?? 0,
      });
      return [{ name: name.trim(), received: from(0), sent: from(8) }];
    });
