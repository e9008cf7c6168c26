/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/auth/cani.go */
import { SelfSubjectAccessReview } from "#api/authorization/selfsubjectaccessreview.ts";
import { SelfSubjectRulesReview } from "#api/authorization/selfsubjectrulesreview.ts";
import type { AnyKind } from "#api/kind.ts";
import { pathOf } from "#client/paths.ts";
import { type Rules, rulesTable } from "#cli/access/rules.ts";
import { type Call, defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { ask } from "#cli/resources/rest.ts";
import { openSession, type Session } from "#cli/session.ts";

const flags = {
  "all-namespaces": flag.switch("in all namespaces", { short: "A" }),
  list: flag.switch("everything that is allowed"),
  "no-headers": flag.switch("with --list: leave out the column headers"),
  quiet: flag.switch("say nothing, only exit with 0 or 1", { short: "q" }),
  subresource: flag.text("a part of the object: log, scale", { value: "NAME", fallback: "" }),
} as const;

type CanICall = Call<typeof flags>;

export const authCanI = defineCommand({
  name: "auth can-i",
  usage: "VERB (TYPE | TYPE/NAME | URL_PATH)",
  summary: "Ask whether you may do something",
  details: "The exit code is 0 for yes and 1 for no.",
  examples: [
    "k8ts auth can-i create deployments -n dev",
    "k8ts auth can-i get pods --subresource=log --as=system:serviceaccount:dev:robot",
    "k8ts auth can-i get /metrics",
    "k8ts auth can-i --list",
  ],
  group: "settings",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    if (call.flags.list) return list(session, call);
    const review = await ask<Review>(session, {
      method: "POST",
      path: pathOf(SelfSubjectAccessReview, {}),
      body: reviewOf(SelfSubjectAccessReview, await questionOf(session, call)),
    });
    const { allowed = false, reason = "", evaluationError = "" } = review.status ?? {};
    const why = [reason, evaluationError].filter((text) => text !== "");
    // exact: kubectl
    if (!call.flags.quiet)
      shell.output.write(allowed ? "yes\n" : `${["no", ...why].join(" - ")}\n`);
    return allowed ? 0 : 1;
  },
});

interface Review {
  readonly status?: {
    readonly allowed?: boolean;
    readonly reason?: string;
    readonly evaluationError?: string;
  };
}

const reviewOf = ({ apiVersion, kind }: AnyKind, spec: object): object => ({
  apiVersion,
  kind,
  spec,
});

// exact: kubectl, the messages from here on
async function list(session: Session, { args, flags: given }: CanICall): Promise<void> {
  if (args.length > 0) throw new Error("list option must be specified with no arguments");
  if (given.quiet || given["all-namespaces"] || given.subresource !== "")
    throw new Error(
      "list option can't be specified with neither quiet, all-namespaces nor subresource options",
    );
  const { namespace, shell } = session;
  const { status } = await ask<{ readonly status: Partial<Rules> & Incomplete }>(session, {
    method: "POST",
    path: pathOf(SelfSubjectRulesReview, {}),
    body: reviewOf(SelfSubjectRulesReview, { namespace }),
  });
  if (status.incomplete)
    warn(session, `the list may be incomplete: ${status.evaluationError ?? ""}`);
  const { resourceRules = [], nonResourceRules = [] } = status;
  const hasHeaders = !given["no-headers"];
  shell.output.write(rulesTable({ resourceRules, nonResourceRules }, { hasHeaders }));
}

interface Incomplete {
  readonly incomplete?: boolean;
  readonly evaluationError?: string;
}

const warn = ({ shell }: Session, text: string): void => shell.errors.write(`Warning: ${text}\n`);

const resourceVerbs: ReadonlySet<string> = new Set(
  "get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest".split(
    " ",
  ),
);
const urlVerbs: ReadonlySet<string> = new Set(
  "get put post head options delete patch *".split(" "),
);

async function questionOf(session: Session, { args, flags: given }: CanICall): Promise<object> {
  const [verb, what, ...more] = args;
  if (verb === undefined || what === undefined || more.length > 0)
    throw new Error(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  if (given["no-headers"]) throw new Error("--no-headers cannot be set without --list specified");
  if (what.startsWith("/")) return urlQuestion(session, { verb, path: what }, given.subresource);
  const [type = "", ...name] = what.split("/");
  const resource = await resourceOf(session, type);
  const isEverywhere = given["all-namespaces"];
  if (!isEverywhere) {
    if (resource.isClusterWide)
      warn(
        session,
        `resource '${resource.resource}' is not namespace scoped${inGroup(resource)}\n`,
      );
    if (!resourceVerbs.has(verb)) warn(session, `verb '${verb}' is not a known verb\n`);
  }
  return {
    resourceAttributes: {
      namespace: isEverywhere ? "" : session.namespace,
      verb,
      group: resource.group,
      resource: resource.resource,
      subresource: given.subresource,
      name: name.join("/"),
    },
  };
}

function urlQuestion(
  session: Session,
  { verb, path }: { readonly verb: string; readonly path: string },
  subresource: string,
): object {
  if (subresource !== "") throw new Error("--subresource can not be used with NonResourceURL");
  if (!urlVerbs.has(verb)) warn(session, `verb '${verb}' is not a known verb\n`);
  return { nonResourceAttributes: { verb, path } };
}

interface AskedResource {
  readonly group: string;
  readonly resource: string;
  readonly isClusterWide: boolean;
}

const inGroup = ({ group }: AskedResource): string => (group === "" ? "" : ` in group '${group}'`);

/** What rules name, and no server lists. */
const undiscoverable: ReadonlySet<string> = new Set(["users", "groups"]);

async function resourceOf(session: Session, type: string): Promise<AskedResource> {
  if (type === "*") return { group: "", resource: "*", isClusterWide: false };
  const found = (await session.discovered()).find(type)?.kind;
  if (found)
    return {
      group: found.group,
      resource: found.plural,
      isClusterWide: found.scope !== "Namespaced",
    };
  const [name = "", ...group] = type.toLowerCase().split(".");
  const unknown = { group: group.join("."), resource: name, isClusterWide: false };
  if (!undiscoverable.has(type.toLowerCase()))
    warn(session, `the server doesn't have a resource type '${name}'${inGroup(unknown)}\n`);
  return { group: "", resource: type, isClusterWide: false };
}
