/**
 * The life of a simulated node, whatever its kubelet is: switched on and off, its kubelet started
 * and ended, its clock ahead of the others', and what a fork takes over of it.
 */
import type { Clock } from "#base/clock.ts";

interface Running<Kubelet> {
  readonly kubelet: Kubelet;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export abstract class NodeLife<Kubelet> {
  #running: Running<Kubelet> | undefined;
  #boots: number;
  #isOn: boolean;
  /** How far the node's own clock is ahead of the others'. */
  skewMs = 0;

  /** In a fork: goes on from that one. */
  constructor(from: NodeLife<Kubelet> | undefined) {
    this.#boots = from ? from.#boots : 0;
    this.#isOn = from ? from.#isOn : true;
  }

  /** Makes a kubelet, which ends when `signal` aborts; the promise does not fail. */
  protected abstract runKubelet(signal: AbortSignal): {
    readonly kubelet: Kubelet;
    readonly ended: Promise<void>;
  };

  /** The kubelet was told to end. */
  protected kubeletStopped(): void {}

  /** Its containers end at once. */
  protected abstract powerOff(): void;

  /**
   * Until what it gives back is disposed of it hears nothing of what it shares with other nodes.
   * What is its own, whoever cuts it off interrupts: a whole kubelet shares nothing.
   */
  cutOff(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  /** False after `stop`, until `start`. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Its kubelet runs. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** How often it was switched on. */
  get boots(): number {
    return this.#boots;
  }

  protected get kubelet(): Kubelet | undefined {
    return this.#running?.kubelet;
  }

  /** What the kubelet takes for the time. */
  protected clockOver(clock: Clock): Clock {
    return { ...clock, now: () => clock.now() + this.skewMs };
  }

  /** Switches it on. */
  start(): void {
    if (this.#running) return;
    this.#boots++;
    this.#isOn = true;
    this.startKubelet();
  }

  /** Starts what `stopKubelet` ended, or what ran in the cluster that this one is a fork of. */
  startKubelet(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#running = { stop, ...this.runKubelet(stop.signal) };
  }

  /** After a fork. */
  resume(): void {
    if (this.#isOn) this.startKubelet();
  }

  /** Pulls the plug: its pods end at once, and nobody is told. */
  async stop(): Promise<void> {
    this.#isOn = false;
    const ended = this.stopKubelet();
    this.powerOff();
    await ended;
  }

  /** Ends the kubelet; containers go on without it. */
  async stopKubelet(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.stop.abort();
    this.kubeletStopped();
    await running.ended;
  }
}
