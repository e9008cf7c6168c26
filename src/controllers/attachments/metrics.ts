/** upstream: pkg/controller/volume/attachdetach/metrics/metrics.go */
import { type Measure, measure, type Meter } from "../runtime/measures.ts";
import type { Force } from "./keeping.ts";

// exact: kube-controller-manager, name and reasons
const forced: Measure = {
  is: "counter",
  name: "attachdetach_controller_forced_detaches",
  help: "Volumes that were detached although their node did not say that it is done with them",
  labels: ["reason"],
};

export const attachMeter: Meter = { measures: [forced] };

export const countForced = (reason: Force) => measure(forced, [reason]);
