/**
 * Who has seats and who waits, as tables for people.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller_debug.go
 */
import { formatTime } from "#base/clock.ts";
import type { Endpoint } from "../endpoints/serve.ts";
import { textAnswer } from "../responses.ts";
import type { Fairness } from "./fairness.ts";
import type { Level } from "./level.ts";
import { estimatedSeconds } from "./numbers.ts";
import type { Queue, Waiting } from "./queues.ts";

type Row = readonly (string | number | boolean)[];

const prefix = "/debug/api_priority_and_fairness/";

export const fairnessDumps = (fairness: Fairness): readonly Endpoint[] => [
  {
    path: `${prefix}dump_priority_levels`,
    isUnlisted: true,
    serve: () => textAnswer(table([levelHeads, ...sorted(fairness).map(levelRow)])),
  },
  {
    path: `${prefix}dump_queues`,
    isUnlisted: true,
    serve: () => textAnswer(table([queueHeads, ...sorted(fairness).flatMap(queueRows)])),
  },
  {
    path: `${prefix}dump_requests`,
    isUnlisted: true,
    serve: ({ request }) => {
      const isDetailed = (request.query.get("includeRequestDetails") ?? "") !== "";
      const heads = [...requestHeads, ...(isDetailed ? detailHeads : [])];
      const rows = sorted(fairness).flatMap((level) => requestRows(level, isDetailed));
      return textAnswer(table([heads, ...rows]));
    },
  },
];

const sorted = ({ levels }: Fairness): readonly Level[] =>
  [...levels].toSorted((one, other) => (one.name < other.name ? -1 : 1));

// exact: apiserver
const levelHeads = [
  "PriorityLevelName",
  "ActiveQueues",
  "IsIdle",
  "IsQuiescing",
  "WaitingRequests",
  "ExecutingRequests",
];

function levelRow({ name, queues, isIdle, isQuiescing, waiting, executing }: Level): Row {
  const active = queues.filter((queue) => queue.waiting.length > 0).length;
  return [name, active, isIdle, isQuiescing, waiting, executing];
}

// exact: apiserver
const queueHeads = [
  "PriorityLevelName",
  "Index",
  "PendingRequests",
  "ExecutingRequests",
  "SeatsInUse",
  "NextDispatchR",
  "InitialSeatsSum",
  "MaxSeatsSum",
  "TotalWorkSum",
];

const queueRows = ({ name, queues }: Level): readonly Row[] =>
  queues.map(({ index, waiting, executing, seats, nextR }: Queue) => {
    const wanted = waiting.reduce((all, { width }) => all + width, 0);
    const total = `${(wanted * estimatedSeconds).toFixed(8)}ss`;
    const due = `${nextR.toFixed(8)}ss`;
    return [name, index, waiting.length, executing, seats, due, wanted, wanted, total];
  });

// exact: apiserver, its spelling too
const requestHeads = [
  "PriorityLevelName",
  "FlowSchemaName",
  "QueueIndex",
  "RequestIndexInQueue",
  "FlowDistingsher",
  "ArriveTime",
  "InitialSeats",
  "FinalSeats",
  "AdditionalLatency",
];
const detailHeads = [
  "UserName",
  "Verb",
  "APIPath",
  "Namespace",
  "Name",
  "APIVersion",
  "Resource",
  "SubResource",
];

const requestRows = ({ name, queues }: Level, isDetailed: boolean): readonly Row[] =>
  queues.flatMap(({ index, waiting }) =>
    waiting.map((one, at) => {
      const { flow, distinguisher, arrived, width } = one;
      const row = [name, flow.name, index, at, distinguisher, formatTime(arrived), width, 0, "0s"];
      return isDetailed ? [...row, ...detailsOf(one)] : row;
    }),
  );

function detailsOf({ context: { user, info } }: Waiting): Row {
  const { verb, path, namespace, name, group, version, resource, subresource } = info;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return [user.name, verb, path, namespace, name, apiVersion, resource, subresource];
}

/** Columns end with a comma, and are as wide as their widest cell. */
function table(rows: readonly Row[]): string {
  const cells = rows.map((row) =>
    row.map((cell, at) => (at < row.length - 1 ? `${cell},` : `${cell}`)),
  );
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.max(8, ...cells.map((row) => (row[at]?.length ?? 0) + 1)),
  );
  const lines = cells.map((row) =>
    row.map((cell, at) => (at < row.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell)).join(""),
  );
  return `${lines.join("\n")}\n`;
}
