/** To look for an object that need not be there. */
import { isReason } from "#api/errors.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { CallOptions, Client, ObjectName } from "./client.ts";

interface Finding extends CallOptions {
  readonly client: Pick<Client, "get">;
}

/** The object; undefined when there is none of that name. Every other failure is thrown. */
export async function find<T extends ApiObject>(
  kind: Kind<T>,
  name: ObjectName,
  { client, ...options }: Finding,
): Promise<T | undefined> {
  try {
    return await client.get(kind, name, options);
  } catch (cause) {
    if (isReason(cause, "NotFound")) return undefined;
    throw cause;
  }
}
