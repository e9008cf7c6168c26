/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/set/set_env.go */
import type { EnvVar } from "#api/core/environment.ts";
import { type Call, defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { parseArguments } from "#cli/resources/arguments.ts";
import { getObject } from "#cli/resources/objects.ts";
import { parsePairs } from "#cli/resources/pairs.ts";
import { forEachTarget, namespaceFor, selectObjects } from "#cli/resources/select.ts";
import { openSession, type Session } from "#cli/session.ts";
import {
  changeContainers,
  changePodSpecs,
  containersFlag,
  heading,
  isNamed,
  podSpecOf,
  setFlags,
} from "#cli/set/pod-specs.ts";
import { variableText } from "#cli/set/variable-text.ts";

const flags = {
  ...setFlags,
  containers: containersFlag,
  env: flag.list("a variable; may be repeated", { short: "e", value: "KEY=VALUE", whole: true }),
  from: flag.text("a config map or secret whose keys become variables", {
    value: "configmap/NAME|secret/NAME",
    fallback: "",
  }),
  keys: flag.list("only these keys of --from", { value: "KEY" }),
  prefix: flag.text("goes before the names of --from", { value: "TEXT", fallback: "" }),
  list: flag.switch("print the variables"),
  overwrite: flag.switch("change variables that are set", { fallback: true }),
} as const;

type EnvCall = Call<typeof flags>;

export const setEnv = defineCommand({
  name: "set env",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) KEY=VALUE... KEY-...",
  summary: "Change the environment variables of containers",
  examples: [
    "k8ts set env deploy/web COLOUR=blue DEBUG-",
    "k8ts set env deploy/web --from=configmap/settings",
    "k8ts set env deploy/web --list",
  ],
  group: "deploy",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    const isPair = (arg: string): boolean => arg.includes("=") || arg.endsWith("-");
    const args = call.args.filter((arg) => !isPair(arg));
    const { set, removed } = parsePairs([...call.args.filter(isPair), ...given.env], "env");
    const session = await openSession(shell, call);
    const pairs = [...set].map(([name, value]): EnvVar => ({ name, value }));
    const added = [...pairs, ...(await variablesFrom(session, given))];
    if (given.list) return list(session, { args, given });
    await changePodSpecs(session, {
      call: { ...call, args },
      done: "env updated",
      change: (spec) =>
        changeContainers(
          spec,
          ({ name }) => isNamed(name, given.containers),
          (container) => {
            const { env = [] } = container;
            const changed = withVariables(env, { added, removed, overwrite: given.overwrite });
            const { env: _env, ...rest } = container;
            return changed.length === 0 ? rest : { ...container, env: changed };
          },
        ),
    });
  },
});

interface Change {
  readonly added: readonly EnvVar[];
  readonly removed: readonly string[];
  readonly overwrite: boolean;
}

function withVariables(
  env: readonly EnvVar[],
  { added, removed, overwrite }: Change,
): readonly EnvVar[] {
  const fresh = new Map(added.map((variable) => [variable.name, variable]));
  const taken = env.find(({ name }) => fresh.has(name));
  // exact: kubectl
  if (taken && !overwrite)
    throw new Error(
      `'${taken.name}' already has a value (${taken.value ?? ""}), and --overwrite is false`,
    );
  const names = new Set(env.map(({ name }) => name));
  return [
    ...env.filter(({ name }) => !removed.includes(name)).map((one) => fresh.get(one.name) ?? one),
    ...[...fresh.values()].filter(({ name }) => !names.has(name)),
  ];
}

/** A key of a config map may have to change to be the name of a variable. exact: kubectl, the texts */
async function variablesFrom(
  session: Session,
  { from, keys, prefix }: EnvCall["flags"],
): Promise<readonly EnvVar[]> {
  if (from === "") return [];
  const named = parseArguments(await session.discovered(), [from]);
  const target = named.is === "names" ? named.targets[0] : undefined;
  const sources = { configmaps: "configMapKeyRef", secrets: "secretKeyRef" } as const;
  const source = sources[(target?.resource.kind.plural ?? "") as keyof typeof sources];
  if (!target || !source) throw new Error(`unsupported resource specified in --from`);
  const namespace = namespaceFor(session, target.resource);
  const { data = {} } = (await getObject(session, { ...target, namespace })) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  const wanted = Object.keys(data).filter((key) => keys.length === 0 || keys.includes(key));
  return wanted.toSorted().map((key) => {
    const name = `${prefix}${key}`.toUpperCase().replace(/[^A-Z0-9_]/g, "_");
    if (name !== `${prefix}${key}`)
      session.shell.errors.write(`Warning: key ${key} transferred to ${name}\n`);
    return { name, valueFrom: { [source]: { name: target.name, key } } };
  });
}

async function list(
  session: Session,
  { args, given }: { readonly args: readonly string[]; readonly given: EnvCall["flags"] },
): Promise<void> {
  const wanted = { args, ...given, takesAll: given.all, isLocal: given.local };
  await forEachTarget(await selectObjects(session, wanted), async (target) => {
    for (const { name, env = [] } of podSpecOf(target).containers) {
      if (!isNamed(name, given.containers)) continue;
      session.shell.output.write(`# ${heading(target)}, container ${name}\n`);
      for (const variable of env) session.shell.output.write(`${variableText(variable)}\n`);
    }
  });
}
