/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create_ingress.go */
import { Ingress } from "#api/networking/ingress.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";

export const createIngress = defineCommand({
  name: "create ingress",
  aliases: ["create ing"],
  usage: "NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]",
  summary: "Create an ingress: which host and path lead to which service",
  examples: [
    "k8ts create ingress shop --rule='shop.example/*=web:80'",
    "k8ts create ingress shop --rule='shop.example/*=web:80,tls=shop-cert' --class=nginx",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    rule: flag.list("a host, a path, and the service they lead to", {
      value: "RULE",
      whole: true,
    }),
    class: flag.text("the ingress class", { value: "NAME", fallback: "" }),
    annotation: flag.list("an annotation for the ingress", { value: "KEY=VALUE" }),
    "default-backend": flag.text("where everything else goes", {
      value: "SERVICE:PORT",
      fallback: "",
    }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const given = call.flags;
    const fallback = given["default-backend"];
    // exact: kubectl
    if (given.rule.length === 0 && fallback === "")
      throw new Error(
        "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
      );
    const parsed = given.rule.map(parseRule);
    const tls = parsed.flatMap((rule) => (rule.tls ? [rule.tls] : []));
    const annotations = Object.fromEntries(given.annotation.map((pair) => pair.split("=")));
    await create(shell, call, () =>
      creation(Ingress, {
        metadata: { name, ...(given.annotation.length > 0 ? { annotations } : {}) },
        spec: {
          ...(given.class === "" ? {} : { ingressClassName: given.class }),
          ...(fallback === "" ? {} : { defaultBackend: backendOf(fallback) }),
          ...(tls.length > 0 ? { tls } : {}),
          rules: byHost(parsed),
        },
      }),
    );
  },
});

const ruleShape = /^(?<host>[^/]*)(?<path>\/[^=]*)=(?<backend>[^,]+)(?:,tls(?:=(?<secret>.*))?)?$/;

type Backend = { readonly service: { readonly name: string; readonly port: object } };

interface Rule {
  readonly host: string;
  readonly path: {
    readonly path: string;
    readonly pathType: "Exact" | "Prefix";
    readonly backend: Backend;
  };
  readonly tls: { readonly hosts?: readonly string[]; readonly secretName?: string } | undefined;
}

function parseRule(text: string): Rule {
  const { host = "", path = "", backend = "", secret } = ruleShape.exec(text)?.groups ?? {};
  if (backend === "")
    throw new Error(
      `rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`, // exact: kubectl
    );
  const isPrefix = path.endsWith("*");
  const hasTls = /,tls(=.*)?$/.test(text);
  return {
    host,
    path: {
      path: isPrefix ? path.slice(0, -1) : path,
      pathType: isPrefix ? "Prefix" : "Exact",
      backend: backendOf(backend),
    },
    tls: hasTls
      ? { ...(host === "" ? {} : { hosts: [host] }), ...(secret ? { secretName: secret } : {}) }
      : undefined,
  };
}

function backendOf(text: string): Backend {
  const [name = "", port = ""] = text.split(":");
  return {
    service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
  };
}

function byHost(rules: readonly Rule[]) {
  const hosts = [...new Set(rules.map(({ host }) => host))];
  return hosts.map((host) => ({
    ...(host === "" ? {} : { host }),
    http: { paths: rules.filter((rule) => rule.host === host).map(({ path }) => path) },
  }));
}
