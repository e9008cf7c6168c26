/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/explain/explain.go */
import { defineCommand } from "../command.ts";
import { type Document, documentOf, type Schema } from "../explain-docs/open-api.ts";
import { explanation } from "../explain-docs/page.ts";
import { flag, UsageError } from "../flags.ts";
import { findType, nothingNamed } from "../resources/arguments.ts";
import { openSession, type Session } from "../session.ts";
import type { Resource } from "#client/discovery.ts";

export const explain = defineCommand({
  name: "explain",
  usage: "TYPE[.FIELD...] [--recursive]",
  summary: "Explain a type of objects, or one of its fields",
  examples: [
    "k8ts explain pod",
    "k8ts explain deploy.spec.strategy",
    "k8ts explain svc --recursive",
  ],
  group: "basic",
  flags: {
    recursive: flag.switch("the names of all fields, to any depth"),
    "api-version": flag.text("the version of the type: apps/v1", {
      value: "VERSION",
      fallback: "",
    }),
  },

  async run(shell, call) {
    const [text, ...more] = call.args;
    if (text === undefined) throw nothingNamed(call.path);
    // exact: kubectl
    if (more.length > 0) throw new UsageError("We accept only this format: explain RESOURCE");
    const session = await openSession(shell, call);
    const { resource, path } = await typeAndPath(session, text);
    const versioned = await inVersion(session, resource, call.flags["api-version"]);
    const document = await documentOf(session, versioned);
    const root = document.find(versioned);
    if (!root) throw new Error(`couldn't find resource for "${text}"`);
    const schema = fieldAt(document, root, path);
    const explained = { document, resource: versioned, schema, field: path.at(-1) };
    shell.output.write(explanation(explained, call.flags.recursive));
  },
});

/** `deployments.apps.spec`: the longest beginning that is a type is one. */
async function typeAndPath(session: Session, text: string) {
  const discovered = await session.discovered();
  const [type = "", ...path] = text.replace(/\.$/, "").split(".");
  for (let length = path.length; length > 0; length--) {
    const found = discovered.find([type, ...path.slice(0, length)].join("."));
    if (found) return { resource: found, path: path.slice(length) };
  }
  return { resource: findType(discovered, type), path };
}

async function inVersion(
  session: Session,
  resource: Resource,
  apiVersion: string,
): Promise<Resource> {
  if (apiVersion === "") return resource;
  const found = (await session.discovered()).of(apiVersion, resource.kind.kind);
  if (found) return found;
  throw new Error(`couldn't find resource for "${apiVersion}, Kind=${resource.kind.kind}"`); // exact: kubectl
}

function fieldAt(document: Document, root: Schema, path: readonly string[]): Schema {
  let schema = root;
  for (const name of path) {
    const field = document.inner(schema).properties?.[name];
    if (!field) throw new Error(`field ${JSON.stringify(name)} does not exist`); // exact: kubectl
    schema = field;
  }
  return schema;
}
