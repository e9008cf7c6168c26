/** Which admission plugins run, and whom they ask: who reviews images is reached by a kubeconfig file. */
import type { PluginChoice } from "#apiserver/admission/profile.ts";
import { besideAdmission, type ServerFiles, type ServerSettings } from "./server-flags.ts";
import { webhookPost } from "./webhook-post.ts";
import type { World } from "./world.ts";

export interface PluginsOptions {
  readonly settings: ServerSettings;
  readonly files: ServerFiles;
  readonly world: World;
}

/** Throws what is wrong with the kubeconfig file. */
export async function admissionOf({
  settings,
  files: { admission },
  world,
}: PluginsOptions): Promise<PluginChoice> {
  const { kubeConfigFile: path } = admission.configuration?.imagePolicy ?? {};
  if (path === undefined || !admission.enable?.includes("ImagePolicyWebhook")) return admission;
  const reviewImages = await webhookPost(besideAdmission(settings, path), world);
  return { ...admission, reviewImages };
}
