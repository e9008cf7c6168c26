/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/patch/patch.go */
import { parseYaml, YamlError } from "#base/yaml.ts";
import { equal } from "#schema/copy.ts";
import { type Call, defineCommand, type Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { patchedHere } from "../patch/patched-here.ts";
import { fileFlags, readText } from "../resources/files.ts";
import { patchObject, type PatchKind } from "../resources/objects.ts";
import { forEachTarget, selectObjects, type Target } from "../resources/select.ts";
import { writeFlags, type Writing, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...writeFlags("kubectl-patch"),
  ...fileFlags,
  patch: flag.text("the patch, in JSON or YAML", { short: "p", fallback: "" }),
  "patch-file": flag.text("a file with the patch", { value: "FILE", fallback: "" }),
  type: flag.text("the kind of patch", { value: "json|merge|strategic", fallback: "strategic" }),
  subresource: flag.text("the part to patch: status, scale, resize", { value: "NAME" }),
  local: flag.switch("patch what the file says, and send nothing"),
} as const;

type PatchCall = Call<typeof flags>;

export const patch = defineCommand({
  name: "patch",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) -p PATCH [--type=json|merge|strategic]",
  summary: "Change fields of an object",
  examples: [
    `k8ts patch node n1 -p '{"spec":{"unschedulable":true}}'`,
    `k8ts patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":3}]'`,
    `k8ts patch deploy web --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`,
  ],
  group: "basic",
  flags,

  async run(shell, call) {
    const change = { is: kindOf(call), patch: await readPatch(shell, call) };
    const { args, flags: given } = call;
    const { local: isLocal } = given;
    const writing = await writingOf(shell, given);
    const session = await openSession(shell, call);
    const found = await selectObjects(session, { args, ...given, isLocal });
    await forEachTarget(found, (target) => patchOne(session, target, { change, writing, given }));
  },
});

interface Patching {
  readonly change: { readonly is: PatchKind; readonly patch: object };
  readonly writing: Writing;
  readonly given: PatchCall["flags"];
}

async function patchOne(
  session: Session,
  target: Target,
  { change, writing, given: { local, subresource } }: Patching,
): Promise<void> {
  const isHere = local || writing.dryRun === "client";
  const part = subresource === undefined ? {} : { subresource };
  const changed = isHere
    ? patchedHere(target, change)
    : await patchObject(session, target, { ...writing.options, ...change, ...part });
  const isSame = subresource === undefined && equal(changed, target.object);
  writing.say(changed, isSame ? "patched (no change)" : "patched"); // exact: kubectl
}

const kinds: readonly PatchKind[] = ["json", "merge", "strategic"];

// exact: kubectl, the messages
function kindOf({ flags: { type } }: PatchCall): PatchKind {
  const found = kinds.find((kind) => kind === type.toLowerCase());
  if (found) return found;
  throw new Error(`--type must be one of [${kinds.join(" ")}], not ${JSON.stringify(type)}`);
}

// exact: kubectl, the messages
async function readPatch(shell: Shell, { flags: given }: PatchCall): Promise<object> {
  const { patch: text, "patch-file": file } = given;
  if (text !== "" && file !== "")
    throw new Error("cannot specify --patch and --patch-file together");
  if (text === "" && file === "")
    throw new Error("must specify --patch or --patch-file containing the contents of the patch");
  const source = text === "" ? await readText(shell, file) : text;
  try {
    return parseYaml(source) as object;
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new Error(`unable to parse ${JSON.stringify(source)}: ${cause.message}`, { cause });
  }
}
