/**
 * Drivers of devices: they prepare, on this node, what the scheduler allocated to a pod's claims.
 * upstream: pkg/kubelet/cm/dra/plugin/dra_plugin_manager.go
 */
import { definePluginHandler } from "./plugin-handler.ts";

export const draPluginType = "DRAPlugin";

/** The services of drivers that we can talk to, the best one first. */
const services = ["v1.DRAPlugin", "v1beta1.DRAPlugin"] as const;

/** The best service that both sides know. */
export const draServiceOf = (supported: readonly string[]): (typeof services)[number] | undefined =>
  services.find((service) => supported.includes(service));

export const draPlugin = definePluginHandler({
  type: draPluginType,

  // exact: kubelet
  validate({ name, endpoint, supportedVersions: offered }) {
    const refuse = (why: string): Error =>
      new Error(
        `invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`,
      );
    if (offered.length === 0)
      throw refuse("empty list of supported gRPC services (aka supported versions)");
    if (draServiceOf(offered)) return;
    throw refuse(
      `none of services supported by the plugin (${quoted(offered)}) are supported by the kubelet (${quoted(services)})`,
    );
  },
});

const quoted = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
