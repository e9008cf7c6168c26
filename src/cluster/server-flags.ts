/**
 * What can be said of the API server, the scheduler and the kubelet at `up`, by the names that flags have
 * everywhere. It is kept with the cluster's settings; files stay where they are, and are read at the start.
 */
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { type AdmissionConfiguration, parseAdmission } from "#apiserver/admission/configuration.ts";
import { checkChoice, type PluginChoice } from "#apiserver/admission/profile.ts";
import { type Policy, parsePolicy } from "#apiserver/audit/policy.ts";
import {
  type AuthenticationConfiguration,
  parseAuthentication,
} from "#apiserver/authn/jwt/configuration.ts";
import { parseTokenFile } from "#apiserver/authn/token-file.ts";
import {
  type AuthorizationConfiguration,
  parseAuthorization,
} from "#apiserver/authz/configuration.ts";
import { type FeatureGates, parseFeatureGates } from "#api/feature-gates.ts";
import type { User } from "#api/request.ts";
import { type Encryption, parseEncryption } from "#apiserver/encryption/configuration.ts";
import { ConfigurationError } from "#base/configuration.ts";
import { messageOf } from "#base/failure.ts";
import { flag, type ValuesOf } from "#cli/flags.ts";
import {
  loadConfiguration,
  type LoadModule,
  type SchedulerConfiguration,
} from "#scheduler/configuration/configuration.ts";
import { areThereAny, authenticationBy, oidcFlags } from "./oidc-flags.ts";
import {
  emptyKubeletFile,
  type KubeletConfiguration,
  parseKubelet,
} from "#kubelet/configuration.ts";
import type { World } from "./world.ts";

const aPath = "PATH";
const names = { value: "NAME,..." } as const;
const file = { value: "FILE" } as const;

export const featureGatesFlag = flag.text("features that are off by default: Gate=true,...", {
  value: "GATE=BOOL,...",
});

export const serverFlags = {
  "enable-admission-plugins": flag.text("plugins that are off by default, with commas", names),
  "disable-admission-plugins": flag.text("plugins that are on by default, with commas", names),
  "admission-control-config-file": flag.text("what admission plugins are told", file),
  "audit-policy-file": flag.text("what the audit log keeps; a policy of ours when absent", file),
  "audit-log-path": flag.text("where it is kept; in the cluster's folder when absent", {
    value: aPath,
  }),
  "audit-log-maxsize": flag.int("megabytes after which the audit log is rotated (20)"),
  "audit-log-maxage": flag.int("days after which rotated audit logs are removed (30)"),
  "audit-log-maxbackup": flag.int("how many rotated audit logs are kept (4)"),
  "audit-webhook-config-file": flag.text("a kubeconfig: who else gets the audit events", file),
  "authentication-config": flag.text("issuers of tokens, and what is open to anybody", file),
  "authentication-token-webhook-config-file": flag.text(
    "a kubeconfig: who else knows whose a token is",
    file,
  ),
  ...oidcFlags,
  "authorization-config": flag.text("who decides who may do what, and in which order", file),
  "token-auth-file": flag.text("static tokens: token,user,uid,groups on each line", file),
  "encryption-provider-config": flag.text(
    "how what is stored is encrypted; Secrets, with a key of ours, when absent",
    file,
  ),
  "feature-gates": featureGatesFlag,
  "scheduler-config": flag.text("profiles, plugins and their arguments of the scheduler", file),
  "kubelet-config": flag.text(
    "when pods are evicted, images removed, how many pods fit, how long the lease lasts",
    file,
  ),
} as const;

export type ServerSettings = Partial<ValuesOf<typeof serverFlags>>;

/** Of the API server alone, for `/flagz`: what was said, or nothing. Files are told by their paths. */
export const flagTexts = (settings: ServerSettings = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(serverFlags)
      .filter((name) => !ofOthers.has(name))
      .map((name) => [name, String(settings[name as keyof ServerSettings] ?? "")]),
  );

const ofOthers: ReadonlySet<string> = new Set(["scheduler-config", "kubelet-config"]);

interface Before {
  readonly before: ServerSettings | undefined;
  /** Where relative paths start. */
  readonly folder: string;
}

/** What was said now goes before what was said last time; an empty text takes that back. */
export function serverSettings(given: ServerSettings, { before, folder }: Before): ServerSettings {
  const said = Object.entries(serverFlags).flatMap(([name, { value }]) => {
    const now = given[name as keyof ServerSettings];
    if (now === undefined) return [];
    const isPath = (value === file.value || value === aPath) && now !== "";
    return [[name, isPath ? resolve(folder, String(now)) : now] as const];
  });
  const all = Object.entries({ ...before, ...Object.fromEntries(said) });
  return Object.fromEntries(all.filter(([, value]) => value !== "")) as ServerSettings;
}

/** Those that are read. */
export const serverFilesOf = (settings: ServerSettings = {}): readonly string[] =>
  Object.entries(settings)
    .filter(([name]) => serverFlags[name as keyof ServerSettings].value === file.value)
    .map(([, path]) => String(path));

export interface ServerFiles {
  readonly admission: PluginChoice;
  readonly gates: FeatureGates;
  readonly auditPolicy?: Policy;
  readonly encryption?: Encryption;
  readonly authentication?: AuthenticationConfiguration;
  readonly authorization?: AuthorizationConfiguration;
  readonly tokens?: ReadonlyMap<string, User>;
  readonly scheduler?: SchedulerConfiguration;
}

type ReadFlag = <T>(
  name: keyof ServerSettings,
  parse: (text: string) => T | Promise<T>,
) => Promise<T | undefined>;

/** Undefined for flags without a file; throws what is wrong with the file, by the flag's name. */
const readerOf =
  (settings: ServerSettings | undefined, disk: World["disk"]): ReadFlag =>
  async (name, parse) => {
    const path = settings?.[name];
    if (typeof path !== "string") return undefined;
    const bytes = await disk.read(path);
    if (!bytes) throw new Error(`--${name}: there is no file ${path}`);
    try {
      return await parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      const isPlaced = cause instanceof ConfigurationError;
      const why = isPlaced ? cause.inFile(path) : `${path}: ${messageOf(cause)}`;
      throw new Error(`--${name}: ${why}`, { cause });
    }
  };

/**
 * Hard thresholds where no file names any. Amounts, as with memory, where upstream has shares of the disk: a
 * laptop's disk may be 92 % full and still have plenty of room. See decision 16.
 */
const evictionDefaults = {
  "memory.available": "100Mi",
  "nodefs.available": "100Mi",
  "nodefs.inodesFree": "10k",
  "imagefs.available": "100Mi",
  "imagefs.inodesFree": "10k",
};

/** What the kubelet is told, by a file of the user's or by us. */
export async function readKubeletFile(
  settings: ServerSettings | undefined,
  { disk }: Pick<World, "disk">,
): Promise<KubeletConfiguration> {
  const parse = (text: string): KubeletConfiguration => parseKubelet(text, evictionDefaults);
  return (await readerOf(settings, disk)("kubelet-config", parse)) ?? parse(emptyKubeletFile);
}

/** Throws what is wrong with them, before anything is changed for their sake. */
export async function readServerFiles(
  settings: ServerSettings | undefined,
  { disk, random }: Pick<World, "disk" | "random">,
): Promise<ServerFiles> {
  const read = readerOf(settings, disk);
  const gates = gatesOf(settings?.["feature-gates"]);
  const textOf = async (path: string): Promise<string | undefined> => {
    const bytes = await disk.read(resolve(dirname(settings?.["scheduler-config"] ?? ""), path));
    return bytes && new TextDecoder().decode(bytes);
  };
  const neighbour = async (path: string): Promise<string> => {
    const place = besideAdmission(settings, path);
    const bytes = await disk.read(place);
    if (!bytes) throw new Error(`there is no file ${place}`);
    return new TextDecoder().decode(bytes);
  };
  const auditPolicy = await read("audit-policy-file", parsePolicy);
  const encryption = await read("encryption-provider-config", (text) =>
    parseEncryption(text, random),
  );
  const authentication = believedBy(settings ?? {}, {
    file: await read("authentication-config", parseAuthentication),
    ca: await read("oidc-ca-file", (text) => text),
  });
  const authorization = await read("authorization-config", parseAuthorization);
  const tokens = await read("token-auth-file", parseTokenFile);
  const scheduler = await read("scheduler-config", (text) =>
    loadConfiguration(text, modulesBeside(settings?.["scheduler-config"]), { read: textOf, gates }),
  );
  const admission = choiceOf(
    settings,
    await read("admission-control-config-file", (text) => parseAdmission(text, neighbour)),
  );
  return {
    admission,
    gates,
    ...(scheduler ? { scheduler } : {}),
    ...(auditPolicy ? { auditPolicy } : {}),
    ...(encryption ? { encryption } : {}),
    ...(authentication ? { authentication } : {}),
    ...(authorization ? { authorization } : {}),
    ...(tokens ? { tokens } : {}),
  };
}

/** Where a path of the admission plugins' configuration leads: relative ones start beside that file. */
export const besideAdmission = (settings: ServerSettings | undefined, path: string): string =>
  resolve(dirname(settings?.["admission-control-config-file"] ?? ""), path);

interface Believed {
  readonly file: AuthenticationConfiguration | undefined;
  /** Of the OpenID provider that flags name. */
  readonly ca: string | undefined;
}

/** Throws what is wrong with the flags. */
function believedBy(
  settings: ServerSettings,
  { file: said, ca }: Believed,
): AuthenticationConfiguration | undefined {
  if (!areThereAny(settings)) return said;
  // exact: apiserver
  if (said) throw new Error("authentication-config file and oidc-* flags are mutually exclusive");
  return authenticationBy(settings, ca);
}

/** Throws what is wrong with it. */
export function gatesOf(text = ""): FeatureGates {
  try {
    return parseFeatureGates(text);
  } catch (cause) {
    throw new Error(`--feature-gates: ${messageOf(cause)}`, { cause });
  }
}

/** Throws what is wrong with it. */
function choiceOf(
  settings: ServerSettings = {},
  configuration: AdmissionConfiguration | undefined,
): PluginChoice {
  const listed = (text = ""): readonly string[] =>
    text.split(",").flatMap((name) => name.trim() || []);
  const choice = {
    enable: listed(settings["enable-admission-plugins"]),
    disable: listed(settings["disable-admission-plugins"]),
    ...(configuration ? { configuration } : {}),
  };
  checkChoice(choice);
  return choice;
}

/** Modules are found as from the file that names them: its own neighbours, and npm packages. */
const modulesBeside =
  (path = ""): LoadModule =>
  async (specifier) => {
    const found: unknown = await import(createRequire(path).resolve(specifier));
    return found;
  };
