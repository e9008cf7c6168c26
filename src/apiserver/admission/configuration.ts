/**
 * What admission plugins are told by a file (`--admission-control-config-file`): an AdmissionConfiguration. A plugin's own
 * configuration stands in it, or in a file that it names.
 * upstream: apiserver/pkg/admission/config.go
 */
import {
  ConfigurationError,
  readConfiguration,
  readSection,
  type Section,
} from "#base/configuration.ts";
import { type EventLimit, readEventLimits } from "./event-rate-limit.ts";
import { type ImagePolicy, readImagePolicy } from "./image-policy/configuration.ts";

export interface AdmissionConfiguration {
  readonly eventLimits?: readonly EventLimit[];
  readonly imagePolicy?: ImagePolicy;
}

type Read = (section: Section) => AdmissionConfiguration;

const readers: Readonly<Record<string, Read>> = {
  EventRateLimit: (section) => ({ eventLimits: readEventLimits(section) }),
  ImagePolicyWebhook: (section) => ({ imagePolicy: readImagePolicy(section) }),
};

const expected = {
  apiVersions: ["apiserver.config.k8s.io/v1"],
  kind: "AdmissionConfiguration",
};

/** Gives the text of a file that a plugin's `path` names; throws when there is none. */
export type ReadFile = (path: string) => Promise<string>;

/** Throws what is wrong: ConfigurationError with everything, or the first file that is. */
export async function parseAdmission(
  text: string,
  readFile: ReadFile,
): Promise<AdmissionConfiguration> {
  const named: Named[] = [];
  const here = readConfiguration(text, expected, (section) =>
    section.sections("plugins").map((plugin) => readPlugin(plugin, named)),
  );
  const there = await Promise.all(
    named.map(async ({ name, path, read }) => {
      const own = await readFile(path);
      try {
        return readSection(own, name, read);
      } catch (cause) {
        if (!(cause instanceof ConfigurationError)) throw cause;
        throw new Error(cause.inFile(path), { cause });
      }
    }),
  );
  return Object.assign({}, ...here, ...there) as AdmissionConfiguration;
}

/** A plugin whose configuration stands in a file of its own. */
interface Named {
  readonly name: string;
  readonly path: string;
  readonly read: Read;
}

function readPlugin(plugin: Section, named: Named[]): AdmissionConfiguration {
  const name = plugin.requiredText("name");
  const path = plugin.text("path") ?? "";
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  const own = plugin.section("configuration");
  if (!read) {
    const known = Object.keys(readers).join(", ");
    plugin.wrong("name", `${JSON.stringify(name)} has no configuration: only ${known}`);
    return {};
  }
  // What stands here goes before what stands elsewhere. As upstream.
  if (own) return read(own);
  if (path === "") plugin.wrong("configuration", "required, or a path");
  else named.push({ name, path, read });
  return {};
}
