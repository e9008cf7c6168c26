/**
 * A kubelet asks only for tokens that its pods use: for whom they are meant stands in a volume of the pod, or in the
 * driver of one, or a role says that the node may ask for them.
 * upstream: plugin/pkg/admission/noderestriction/admission.go (ServiceAccountNodeAudienceRestriction)
 * differs: volumes of the types that were moved to CSI drivers are not looked up under those drivers.
 */
import type { TokenRequest } from "#api/authentication/tokenrequest.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import type { Authorizer } from "#apiserver/authz/authorizer.ts";
import { nodeNameOf } from "#apiserver/authz/node.ts";
import { claimOf } from "#apiserver/authz/pod-references.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import { type Admission, type AdmissionRequest, refused } from "../admission.ts";

export function nodeTokenAudience(authorizer: Authorizer): Admission<TokenRequest> {
  /** Of tokens for this server: it is filled in where none was asked for. */
  let issuer = "";
  return {
    name: "NodeRestriction",
    on: [ServiceAccount],
    when: ["CREATE"],
    subresources: ["token"],
    attach: ({ ports }) => void (issuer = ports.tokens.issuer),

    async validate({ spec }, request) {
      const { subresource, user, reader, namespace } = request;
      if (subresource !== "token" || nodeNameOf(user) === undefined) return;
      const [audience = "", ...others] = spec.audiences;
      // exact: apiserver, both texts
      if (others.length > 0) throw refused(request, "node may only request 0 or 1 audiences");
      // That there is one, and that it is the node's, was checked before.
      const pod = reader.get(Pod, namespace, spec.boundObjectRef?.name ?? "")?.object;
      const audiences = audience === issuer ? ["", audience] : [audience];
      if (pod && isUsed(pod, { audiences, reader })) return;
      if (await mayAsk(authorizer, request, audience)) return;
      const found = `audience ${JSON.stringify(audience)} not found in pod spec volume`;
      const why = `${found}, ${user.name} is not authorized to request tokens for this audience`;
      throw refused(request, why);
    },
  };
}

interface Looking {
  /** Any of them. */
  readonly audiences: readonly string[];
  readonly reader: Reader;
}

const isUsed = (pod: Pod, looking: Looking): boolean =>
  (pod.spec.volumes ?? []).some(
    (volume) =>
      isProjected(volume, looking) || isForDriver(driverOf(pod, volume, looking), looking),
  );

const isProjected = ({ projected }: Volume, { audiences }: Looking): boolean =>
  projected?.sources.some(
    ({ serviceAccountToken: token }) => token && audiences.includes(token.audience ?? ""),
  ) ?? false;

function driverOf(pod: Pod, volume: Volume, { reader }: Looking): string | undefined {
  if (volume.csi) return volume.csi.driver;
  const claim = claimOf(pod, volume);
  if (claim === undefined) return undefined;
  const { namespace = "" } = pod.metadata;
  const { volumeName = "" } =
    reader.get(PersistentVolumeClaim, namespace, claim)?.object.spec ?? {};
  return reader.get(PersistentVolume, "", volumeName)?.object.spec.csi?.driver;
}

function isForDriver(driver: string | undefined, { audiences, reader }: Looking): boolean {
  if (driver === undefined) return false;
  const requests = reader.get(CSIDriver, "", driver)?.object.spec.tokenRequests ?? [];
  return requests.some((one) => audiences.includes(one.audience));
}

/** The verb is on the audience, as if it were a resource, and the name is the service account's. */
async function mayAsk(
  authorizer: Authorizer,
  { user, namespace, name }: AdmissionRequest<TokenRequest>,
  audience: string,
): Promise<boolean> {
  const { allowed } = await authorizer.authorize({
    user,
    verb: "request-serviceaccounts-token-audience",
    isResource: true,
    path: "",
    group: "",
    version: "v1",
    resource: audience,
    subresource: "",
    namespace,
    name,
  });
  return allowed;
}
