/** The addresses of one node's pods, each as long unused as can be. */
import { ForkMap } from "#base/fork-map.ts";
import { cidrOf, formatIp, nthAddress, sizeOf } from "#base/ip.ts";
import { RuntimeError } from "#kubelet/runtime.ts";

export class AddressPool {
  #cidr: ReturnType<typeof cidrOf> | undefined;
  /** The first one is the network's, the second one the bridge's. */
  #next = 2;
  #used = new ForkMap<string, true>();

  fork(): AddressPool {
    const twin = new AddressPool();
    twin.#cidr = this.#cidr;
    twin.#next = this.#next;
    twin.#used = this.#used.fork();
    return twin;
  }

  get isReady(): boolean {
    return this.#cidr !== undefined;
  }

  /** Of the ranges, separated by commas, the first. */
  use(podCidrs: string): void {
    const [first] = podCidrs.split(",");
    if (first) this.#cidr = cidrOf(first);
  }

  next(): string {
    if (!this.#cidr) throw new RuntimeError("Unavailable", "no pod CIDR");
    const size = Number(sizeOf(this.#cidr)) - 1;
    for (let tried = 2; tried < size; tried++) {
      const address = formatIp(nthAddress(this.#cidr, this.#next));
      this.#next = this.#next + 1 < size ? this.#next + 1 : 2;
      if (this.#used.has(address)) continue;
      this.#used.set(address, true);
      return address;
    }
    throw new RuntimeError("ResourceExhausted", "no addresses left for pods");
  }

  giveBack(address: string): void {
    this.#used.delete(address);
  }
}
