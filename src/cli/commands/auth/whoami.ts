/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/auth/whoami.go */
import { SelfSubjectReview } from "#api/authentication/selfsubjectreview.ts";
import type { UserInfo } from "#api/authentication/user-info.ts";
import { pathOf } from "#client/paths.ts";
import { defineCommand } from "#cli/command.ts";
import { choosePrinter, outputFlags } from "#cli/print/printer.ts";
import { alignTabs, tableTabs } from "#cli/print/tab-writer.ts";
import type { Manifest } from "#cli/resources/manifest.ts";
import { ask } from "#cli/resources/rest.ts";
import { openSession } from "#cli/session.ts";

export const authWhoami = defineCommand({
  name: "auth whoami",
  usage: "",
  summary: "Show as whom the server takes you",
  examples: ["k8ts auth whoami", "k8ts auth whoami -o json"],
  group: "settings",
  flags: outputFlags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    const print = await choosePrinter(call.flags, shell);
    const { apiVersion, kind } = SelfSubjectReview;
    const review = await ask<Manifest & Review>(session, {
      method: "POST",
      path: pathOf(SelfSubjectReview, {}),
      body: { apiVersion, kind },
    });
    shell.output.write(print ? print(review) : tableOf(review.status?.userInfo ?? {}));
  },
});

interface Review {
  readonly status?: { readonly userInfo?: Partial<UserInfo> };
}

/** exact: kubectl */
function tableOf({ username, uid, groups = [], extra = {} }: Partial<UserInfo>): string {
  const rows = [
    ["ATTRIBUTE", "VALUE"],
    ...(username ? [["Username", username]] : []),
    ...(uid ? [["UID", uid]] : []),
    ...(groups.length > 0 ? [["Groups", `[${groups.join(" ")}]`]] : []),
    ...Object.keys(extra)
      .toSorted()
      .map((name) => [`Extra: ${name}`, `[${(extra[name] ?? []).join(" ")}]`]),
  ];
  return alignTabs(rows.map((row) => `${row.join("\t")}\n`).join(""), tableTabs);
}
