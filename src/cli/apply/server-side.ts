/** Apply by the server: it knows who owns which field. */
import { type ApiError, isReason } from "#api/errors.ts";
import type { Manifest } from "../resources/manifest.ts";
import { patchObject, type WriteOptions } from "../resources/objects.ts";
import type { Target } from "../resources/select.ts";
import type { Session } from "../session.ts";

export async function applyOnServer(
  session: Session,
  target: Target,
  options: WriteOptions & { readonly force: boolean },
): Promise<Manifest> {
  const { managedFields: _managedFields, ...metadata } = target.object.metadata;
  const patch = { ...target.object, metadata };
  try {
    return await patchObject(session, target, { ...options, is: "apply", patch });
  } catch (cause) {
    if (isReason(cause, "Conflict")) throw withAdvice(cause);
    throw cause;
  }
}

// exact: kubectl
const withAdvice = (cause: ApiError): Error =>
  new Error(
    `${cause.message}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
    { cause },
  );
