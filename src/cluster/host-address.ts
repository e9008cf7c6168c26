/** The address that this machine is known by: the one of the default route, else any. */
import { systemFacts } from "#host/system.ts";

/** Undefined on a machine without any network; then `--node-address` must say. */
export async function hostAddress(): Promise<string | undefined> {
  const { addresses } = await systemFacts();
  return addresses.find((address) => !address.includes(":"));
}
