/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/label/label.go */
import { labelValue } from "#api/names.ts";
import { defineCommand } from "../command.ts";
import { changeTexts, type Field, relabelFlags } from "../resources/relabel.ts";

export const label = defineCommand({
  name: "label",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE) KEY=VALUE... KEY-...",
  summary: "Set or remove labels of objects",
  examples: [
    "k8ts label pod web tier=front",
    "k8ts label pods --all status=fresh --overwrite",
    "k8ts label node n1 disk-",
  ],
  group: "settings",
  flags: relabelFlags("kubectl-label", "label"),
  run: (shell, call) => changeTexts(shell, call, labels),
});

// exact: kubectl, the messages
const labels: Field = {
  name: "labels",
  what: "label",
  check: ({ set }) => {
    for (const [key, value] of set) {
      const [problem] = labelValue(value);
      if (problem !== undefined)
        throw new Error(`invalid label value: "${key}=${value}": ${problem}`);
    }
  },
  refuse: (conflicts) => {
    const lines = conflicts.map(
      ({ key, old }) => `'${key}' already has a value (${old}), and --overwrite is false`,
    );
    throw new Error(lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`);
  },
  done: (change) => {
    const values = Object.values(change);
    if (values.length === 0) return "not labeled";
    return values.every((value) => value === null) ? "unlabeled" : "labeled";
  },
  missing: (key) => `label "${key}" not found.\n`,
};
