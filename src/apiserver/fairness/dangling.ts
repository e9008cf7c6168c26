/** What is said of a flow schema: whether the priority level that it names is there. */

/** Who says it. exact: apiserver */
export const flowFollower = "api-priority-and-fairness-config-consumer-v1";

/** `since` is the time from which on it is so. exact: apiserver */
export function danglingCondition(level: string, isThere: boolean, since: string) {
  const subject = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return {
    type: "Dangling",
    status: isThere ? "False" : "True",
    reason: isThere ? "Found" : "NotFound",
    message: isThere ? `${subject} and it exists` : `${subject} but there is no such object`,
    lastTransitionTime: since,
  };
}
