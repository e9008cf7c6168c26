/** Of the addresses that a pod or a node has, the API shows at most one of each family. */
import { type IpVersion, parseIp } from "#base/ip.ts";

export const versionOf = (ip: string | undefined): IpVersion => parseIp(ip ?? "")?.version ?? 4;

/** That of the preferred family first. */
export function oneOfEachFamily(
  ips: readonly string[],
  preferred: IpVersion = versionOf(ips[0]),
): readonly string[] {
  const first = ips.find((ip) => versionOf(ip) === preferred) ?? ips[0];
  const second = ips.find((ip) => first !== undefined && versionOf(ip) !== versionOf(first));
  return [first, second].filter((ip) => ip !== undefined);
}
