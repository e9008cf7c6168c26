/**
 * What a node says when it runs short of something.
 * upstream: pkg/kubelet/nodestatus/setters.go
 */

interface Answer {
  readonly reason: string;
  readonly message: string;
  /** Of the event that tells about the change. */
  readonly event: string;
}

interface PressureTexts {
  readonly pressed: Answer;
  readonly relieved: Answer;
}

/** By condition, in the order in which a node lists them. exact: kubelet */
const texts = {
  MemoryPressure: {
    pressed: {
      reason: "KubeletHasInsufficientMemory",
      message: "kubelet has insufficient memory available",
      event: "NodeHasInsufficientMemory",
    },
    relieved: {
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
      event: "NodeHasSufficientMemory",
    },
  },
  DiskPressure: {
    pressed: {
      reason: "KubeletHasDiskPressure",
      message: "kubelet has disk pressure",
      event: "NodeHasDiskPressure",
    },
    relieved: {
      reason: "KubeletHasNoDiskPressure",
      message: "kubelet has no disk pressure",
      event: "NodeHasNoDiskPressure",
    },
  },
  PIDPressure: {
    pressed: {
      reason: "KubeletHasInsufficientPID",
      message: "kubelet has insufficient PID available",
      event: "NodeHasInsufficientPID",
    },
    relieved: {
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
      event: "NodeHasSufficientPID",
    },
  },
} as const satisfies Readonly<Record<string, PressureTexts>>;

/** A condition of a node that says that it runs short of something. */
export type Pressure = keyof typeof texts;

export type Pressures = ReadonlySet<Pressure>;

export const noPressures: Pressures = new Set();

export const allPressures = Object.keys(texts) as readonly Pressure[];

/** What is to be said of it. */
export const pressureAnswer = (pressure: Pressure, pressures: Pressures): Answer =>
  texts[pressure][pressures.has(pressure) ? "pressed" : "relieved"];
