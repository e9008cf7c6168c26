/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/annotate/annotate.go */
import { defineCommand } from "../command.ts";
import { changeTexts, type Field, relabelFlags } from "../resources/relabel.ts";

export const annotate = defineCommand({
  name: "annotate",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) KEY=VALUE... KEY-...",
  summary: "Set or remove annotations of objects",
  examples: [
    "k8ts annotate pod web note='do not touch'",
    "k8ts annotate deploy web kubernetes.io/change-cause='new logo' --overwrite",
    "k8ts annotate pod web note-",
  ],
  group: "settings",
  flags: relabelFlags("kubectl-annotate", "annotation"),
  run: (shell, call) => changeTexts(shell, call, annotations),
});

const annotations: Field = {
  name: "annotations",
  what: "annotation",
  check: () => {},
  refuse: (conflicts) => {
    const lines = conflicts.map(({ key, old }) => `'${key}' already has a value (${old})`);
    throw new Error(
      `--overwrite is false but found the following declared annotation(s): ${lines.join("; ")}`, // exact: kubectl
    );
  },
  done: () => "annotated",
};
