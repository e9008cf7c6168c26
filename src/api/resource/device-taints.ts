/** Which taints of devices a claim puts up with. upstream: staging/src/k8s.io/dynamic-resource-allocation/resourceclaim */
import type { DeviceToleration } from "./device.ts";
import type { DeviceTaint } from "./resourceslice.ts";

/** An empty key or effect of the toleration stands for all of them. */
export function toleratesDeviceTaint(
  { key, operator, value, effect }: DeviceToleration,
  taint: DeviceTaint,
): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || (value ?? "") === (taint.value ?? "");
}
