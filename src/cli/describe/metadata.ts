/** What the pages of all kinds begin with. upstream: staging/src/k8s.io/kubectl/pkg/describe/describe.go */
import type { ApiObject } from "#api/kind.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Page } from "./page.ts";

type Texts = Readonly<Record<string, string>> | undefined;

export function describeName(page: Page, { metadata }: ApiObject): void {
  page.line(0, "Name:", metadata.name ?? "");
  page.line(0, "Namespace:", metadata.namespace ?? "");
}

export function describeLabels(page: Page, { metadata }: Pick<ApiObject, "metadata">): void {
  page.list("Labels", pairs(metadata.labels));
  describeAnnotations(page, "Annotations", metadata.annotations);
}

export const pairs = (texts: Texts): readonly string[] =>
  Object.entries(texts ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();

/** Too long to be read, and of no use to those who read. */
const hidden = "kubectl.kubernetes.io/last-applied-configuration";
const lengthMax = 140;

export function describeAnnotations(page: Page, title: string, annotations: Texts): void {
  const keys = Object.keys(annotations ?? {}).filter((key) => key !== hidden);
  const lines = keys.toSorted().flatMap((key) => annotationLines(key, annotations?.[key] ?? ""));
  page.list(title, lines);
}

function annotationLines(key: string, text: string): readonly string[] {
  const value = text.replace(/\n$/, "");
  const isShort = key.length + value.length + 2 <= lengthMax && !value.includes("\n");
  if (isShort) return [`${key}: ${value}`];
  return [`${key}:`, ...value.split("\n").map((line) => `  ${shortened(line)}`)];
}

const shortened = (line: string): string =>
  line.length > lengthMax - 2 ? `${line.slice(0, lengthMax - 2)}...` : line;

/** `ReplicaSet/web-1`; undefined when nothing controls it. */
export function controllerOf({ ownerReferences = [] }: ObjectMeta): string | undefined {
  const owner = ownerReferences.find(({ controller }) => controller);
  return owner && `${owner.kind}/${owner.name}`;
}
