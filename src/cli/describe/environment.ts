/** The variables of a container, and where they come from. */
import type { Container } from "#api/core/container.ts";
import type { EnvFromSource, EnvVar, EnvVarSource } from "#api/core/environment.ts";
import type { Pod } from "#api/core/pod.ts";
import { quantityOf } from "#base/quantity.ts";
import type { Page } from "./page.ts";

type Variables = Pick<Container, "env" | "envFrom" | "resources">;

// exact: kubectl, the texts of this file
export function describeEnvironment(page: Page, container: Variables, pod: Pod | undefined): void {
  const { env = [], envFrom = [] } = container;
  if (envFrom.length > 0) {
    page.line(2, "Environment Variables from:");
    for (const source of envFrom) describeSource(page, source);
  }
  if (env.length === 0) return page.line(2, "Environment:", "<none>");
  page.line(2, "Environment:");
  for (const variable of env) describeVariable(page, variable, { container, pod });
}

function describeSource(page: Page, { configMapRef, secretRef, prefix }: EnvFromSource): void {
  const from = configMapRef ? "ConfigMap" : secretRef ? "Secret" : "";
  const { name = "", optional = false } = configMapRef ?? secretRef ?? {};
  const how = prefix ? `${from} with prefix '${prefix}'` : from;
  page.line(3, name, how, `Optional: ${optional}`);
}

interface Owner {
  readonly container: Variables;
  /** Undefined in templates. */
  readonly pod: Pod | undefined;
}

function describeVariable(page: Page, { name, value = "", valueFrom }: EnvVar, owner: Owner): void {
  if (valueFrom) return describeReference(page, name, { valueFrom, ...owner });
  const [first = "", ...more] = value.split("\n");
  page.line(3, `${name}:`, first);
  for (const line of more) page.line(3, "", line);
}

function describeReference(
  page: Page,
  name: string,
  { valueFrom, container, pod }: Owner & { readonly valueFrom: EnvVarSource },
): void {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) {
    const { apiVersion = "v1", fieldPath } = fieldRef;
    page.line(3, `${name}:`, `${pod ? fieldOf(pod, fieldPath) : ""} (${apiVersion}:${fieldPath})`);
  } else if (resourceFieldRef) {
    const { resource } = resourceFieldRef;
    page.line(3, `${name}:`, `${amountOf(container, resourceFieldRef)} (${resource})`);
  } else {
    const kind = secretKeyRef ? "in secret" : "of config map";
    const { key = "", name: of = "", optional = false } = secretKeyRef ?? configMapKeyRef ?? {};
    page.line(3, `${name}:`, `<set to the key '${key}' ${kind} '${of}'>`, `Optional: ${optional}`);
  }
}

/** Of the metadata only, as kubectl has it; empty for other fields. */
function fieldOf({ metadata }: Pod, path: string): string {
  const [, part, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (key !== undefined) return metadata[part as "labels"]?.[key] ?? "";
  const texts: Readonly<Record<string, string | undefined>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
  };
  return texts[path] ?? "";
}

function amountOf(
  { resources }: Variables,
  { resource, divisor }: NonNullable<EnvVarSource["resourceFieldRef"]>,
): string {
  const [part, name = ""] = resource.split(/\.(.*)/s);
  const list = part === "limits" ? resources?.limits : resources?.requests;
  const amount = quantityOf(list?.[name] ?? "0").milliValue();
  const unit = quantityOf(divisor ?? "0").milliValue() || 1_000;
  const count = Math.ceil(amount / unit);
  const isOpen = count === 0 && (resource === "limits.cpu" || resource === "limits.memory");
  return isOpen ? "node allocatable" : String(count);
}
