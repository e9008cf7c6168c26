/** Who has which role, in a namespace or everywhere. */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { RoleRef, Subject } from "#api/rbac/rules.ts";
import { describeLabels } from "./metadata.ts";
import type { Page } from "./page.ts";

interface Binding {
  readonly metadata: ObjectMeta;
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[] | undefined;
}

// exact: kubectl
export function describeBinding(page: Page, binding: Binding): void {
  const { metadata, roleRef, subjects = [] } = binding;
  page.line(0, "Name:", metadata.name ?? "");
  describeLabels(page, binding);
  page.line(0, "Role:");
  page.line(1, "Kind:", roleRef.kind);
  page.line(1, "Name:", roleRef.name);
  page.line(0, "Subjects:");
  page.table(
    1,
    ["Kind", "Name", "Namespace"],
    subjects.map(({ kind, name, namespace = "" }) => [kind, name, namespace]),
  );
}
