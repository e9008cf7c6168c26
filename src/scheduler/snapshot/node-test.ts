/**
 * Which nodes a pod's node selector and required node affinity pick, compiled: every requirement is
 * asked once for each value that its label has, not for each node.
 */
import type { Affinity } from "#api/core/affinity.ts";
import { matchesNodeSelectorTerm } from "#api/core/node-affinity.ts";
import type { NodeSelectorRequirement, NodeSelectorTerm } from "#api/core/node-selector.ts";
import type { LabelColumn, LabelColumns } from "./label-column.ts";

/** By node number. */
export type NodeTest = (node: number) => boolean;

interface Selecting {
  readonly nodeSelector?: { readonly [key: string]: string } | undefined;
  readonly affinity?: Affinity | undefined;
}

export interface NodeTestSources {
  readonly columns: LabelColumns;
  readonly nameOf: (node: number) => string;
}

/** Undefined when every node will do. */
export function requiredNodeTest(spec: Selecting, sources: NodeTestSources): NodeTest | undefined {
  const { nodeSelector, affinity } = spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const tests = Object.entries(nodeSelector ?? {}).map(([key, value]) =>
    labelTest(sources.columns.of(key), (having) => having === value),
  );
  if (required) {
    const terms = required.nodeSelectorTerms.map((term) => termTest(term, sources));
    tests.push((node) => terms.some((test) => test(node)));
  }
  return tests.length === 0 ? undefined : all(tests);
}

/** A term without any requirement matches nothing. */
export function termTest(term: NodeSelectorTerm, sources: NodeTestSources): NodeTest {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return () => false;
  return all([
    ...matchExpressions.map((wanted) => requirementTest(wanted, sources.columns)),
    ...matchFields.map((wanted) => fieldTest(wanted, sources)),
  ]);
}

function requirementTest(wanted: NodeSelectorRequirement, columns: LabelColumns): NodeTest {
  const term = { matchExpressions: [wanted] };
  return labelTest(columns.of(wanted.key), (value) => {
    const labels = value === undefined ? {} : { [wanted.key]: value };
    return matchesNodeSelectorTerm(term, { metadata: { labels } });
  });
}

function fieldTest(wanted: NodeSelectorRequirement, { nameOf }: NodeTestSources): NodeTest {
  const term = { matchFields: [wanted] };
  return (node) => matchesNodeSelectorTerm(term, { metadata: { name: nameOf(node) } });
}

function all(tests: readonly NodeTest[]): NodeTest {
  const [only] = tests;
  if (only && tests.length === 1) return only;
  return (node) => {
    for (const test of tests) if (!test(node)) return false;
    return true;
  };
}

const yes = 1;
const no = 2;

function labelTest(column: LabelColumn, holds: (value: string | undefined) => boolean): NodeTest {
  let answers: number[] = [];
  let reuses = column.reuses;
  return (node) => {
    if (reuses !== column.reuses) {
      answers = [];
      ({ reuses } = column);
    }
    const id = column.idOf(node);
    const known = answers[id];
    if (known !== undefined) return known === yes;
    const answer = holds(column.valueOf(id)) ? yes : no;
    answers[id] = answer;
    return answer === yes;
  };
}
