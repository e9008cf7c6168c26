/**
 * What admission plugins are told by a file (`--admission-control-config-file`): an AdmissionConfiguration.
 * differs: a plugin's own configuration stands in the file itself, under `configuration`, not in one that
 * `path` names; EventRateLimit is the only plugin here that is told anything.
 */
import { readConfiguration, type Section } from "#base/configuration.ts";
import { type EventLimit, readEventLimits } from "./event-rate-limit.ts";

export interface AdmissionConfiguration {
  readonly eventLimits?: readonly EventLimit[];
}

const readers: Readonly<Record<string, (section: Section) => AdmissionConfiguration>> = {
  EventRateLimit: (section) => ({ eventLimits: readEventLimits(section) }),
};

/** Throws ConfigurationError with everything that is wrong. */
export const parseAdmission = (text: string): AdmissionConfiguration =>
  readConfiguration(
    text,
    { apiVersions: ["apiserver.config.k8s.io/v1"], kind: "AdmissionConfiguration" },
    (section) => {
      const plugins = section.sections("plugins").map(readPlugin);
      return Object.assign({}, ...plugins) as AdmissionConfiguration;
    },
  );

function readPlugin(plugin: Section): AdmissionConfiguration {
  const name = plugin.requiredText("name");
  const path = plugin.text("path") ?? "";
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (path !== "") plugin.wrong("path", "unsupported: write it under configuration");
  const own = plugin.section("configuration");
  if (!read) {
    const known = Object.keys(readers).join(", ");
    plugin.wrong("name", `${JSON.stringify(name)} has no configuration: only ${known}`);
    return {};
  }
  if (!own) plugin.wrong("configuration", "required");
  return own ? read(own) : {};
}
