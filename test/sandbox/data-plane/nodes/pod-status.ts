/** Decides what a kubelet reports of a Pod on its node: running and ready, not ready, or done. */
import type { Condition, Container, Pod, PodStatus } from "../pod.ts";

export type Health = "Ready" | "NotReady" | "Succeeded";

/** Those a kubelet writes; others, such as PodScheduled and DisruptionTarget, stay as they are. */
const OURS = ["Initialized", "Ready", "ContainersReady"];

/** @returns `undefined` if that is reported already */
export function reportOf(pod: Pod, health: Health, now: string): object | undefined {
  const { status = {}, spec } = pod;
  if (isReported(status, health)) return undefined;
  const startTime = status.startTime ?? now;
  const { containers, initContainers = [] } = spec;
  return {
    phase: phaseOf(health),
    startTime,
    conditions: [
      ...(status.conditions ?? []).filter(({ type }) => !OURS.includes(type)),
      ...OURS.map((type) => condition(type, health, now)),
    ],
    containerStatuses: containers.map((one) => containerStatus(one, health, { startTime, now })),
    initContainerStatuses: initContainers.map((one) =>
      containerStatus(one, one.restartPolicy === "Always" ? health : "Succeeded", {
        startTime,
        now,
      }),
    ),
  };
}

function phaseOf(health: Health): string {
  return health === "Succeeded" ? "Succeeded" : "Running";
}

function isReported({ phase, conditions = [] }: PodStatus, health: Health): boolean {
  // What has ended does not run again.
  if (phase === "Succeeded" || phase === "Failed") return true;
  const ready = conditions.find(({ type }) => type === "Ready")?.status ?? "Unknown";
  return phase === phaseOf(health) && ready === (health === "Ready" ? "True" : "False");
}

function condition(type: string, health: Health, now: string): Condition {
  const isTrue = type === "Initialized" || health === "Ready";
  const reason = health === "Succeeded" ? "PodCompleted" : "ContainersNotReady";
  return {
    type,
    status: isTrue ? "True" : "False",
    ...(isTrue ? {} : { reason }),
    lastTransitionTime: now,
  };
}

function containerStatus(
  { name, image = "" }: Container,
  health: Health,
  { startTime, now }: { readonly startTime: string; readonly now: string },
): object {
  const done = health === "Succeeded";
  const terminated = { exitCode: 0, reason: "Completed", startedAt: startTime, finishedAt: now };
  return {
    name,
    image,
    imageID: "",
    restartCount: 0,
    started: !done,
    ready: health === "Ready",
    state: done ? { terminated } : { running: { startedAt: startTime } },
  };
}
