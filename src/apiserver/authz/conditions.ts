/**
 * Match conditions of a webhook authorizer: expressions that say which requests it is asked about.
 * upstream: apiserver/pkg/authorization/cel/matcher.go
 */
import { aggregate } from "#base/aggregate.ts";
import { compile, type Program } from "#cel/cel.ts";
import { boolType, type CelType, listType, mapType, objectType, stringType } from "#cel/types.ts";
import type { ReviewSpec } from "./review-spec.ts";

export interface Met {
  readonly isMet: boolean;
  /** None is false, and one cannot be evaluated. */
  readonly error?: string;
}

export type Conditions = (spec: ReviewSpec) => Met;

const struct = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  objectType(name, new Map(Object.entries(fields).map(([field, type]) => [field, { type }])));

const texts = listType(stringType);

const selector = (name: string): CelType =>
  struct(`kubernetes.${name}Attributes`, {
    rawSelector: stringType,
    requirements: listType(
      struct(`kubernetes.${name}Requirement`, {
        key: stringType,
        operator: stringType,
        values: texts,
      }),
    ),
  });

const strings = (...names: readonly string[]): Readonly<Record<string, CelType>> =>
  Object.fromEntries(names.map((name) => [name, stringType]));

const requestType = struct("kubernetes.SubjectAccessReviewSpec", {
  resourceAttributes: struct("kubernetes.ResourceAttributes", {
    ...strings("namespace", "verb", "group", "version", "resource", "subresource", "name"),
    fieldSelector: selector("FieldSelector"),
    labelSelector: selector("LabelSelector"),
  }),
  nonResourceAttributes: struct("kubernetes.NonResourceAttributes", strings("path", "verb")),
  ...strings("user", "uid"),
  groups: texts,
  extra: mapType(stringType, texts),
});

/** Throws CelCompileError. */
export const compileCondition = (text: string): Program =>
  compile(text, { variables: { request: requestType }, resultType: boolType });

export interface Condition {
  readonly text: string;
  readonly program: Program;
}

/** Not met as soon as one is false, whatever the others are. exact: apiserver, the message */
export const conditionsOf =
  (conditions: readonly Condition[]): Conditions =>
  (request) => {
    const errors: string[] = [];
    for (const { text, program } of conditions) {
      const { value, error } = program.evaluate({ request });
      if (error)
        errors.push(
          `cel evaluation error: expression '${text}' resulted in error: ${error.message}`,
        );
      else if (value !== true) return { isMet: false };
    }
    return errors.length > 0 ? { isMet: false, error: aggregate(errors) } : { isMet: true };
  };
