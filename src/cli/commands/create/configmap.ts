import { ConfigMap } from "#api/core/configmap.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { base64Of, findText, keyValueFlags, readKeyValues } from "#cli/create/key-values.ts";

export const createConfigMap = defineCommand({
  name: "create configmap",
  aliases: ["create cm"],
  usage: "NAME [--from-literal=KEY=VALUE] [--from-file=[KEY=]PATH]",
  summary: "Create a config map from files or literal values",
  examples: [
    "k8ts create configmap settings --from-literal=colour=blue",
    "k8ts create configmap site --from-file=nginx.conf --from-file=index=start.html",
  ],
  group: "basic",
  flags: { ...creationFlags, ...keyValueFlags },

  async run(shell, call) {
    const name = nameOf(call);
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const [key, bytes] of await readKeyValues(shell, call.flags, `ConfigMap "${name}"`)) {
      const text = findText(bytes);
      if (text === undefined) binaryData[key] = base64Of(bytes);
      else data[key] = text;
    }
    await create(shell, call, () => creation(ConfigMap, { metadata: { name }, data, binaryData }));
  },
});
