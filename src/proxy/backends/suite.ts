/** The contract of `backend.ts` as tests. A backend's test file calls this. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "#base/random.ts";
import type { RuleBackend } from "../backend.ts";
import { difference, emptyInventory, type Inventory } from "../difference.ts";
import type { RuleSet } from "../rules.ts";
import { randomRules, rulesFor, service, slice } from "../testing.ts";

export interface BackendBench extends AsyncDisposable {
  /** A backend as a new process would open it, over the same kernel. */
  readonly open: () => RuleBackend;
  /** What an administrator does who does not know of us. */
  readonly flush: () => Promise<void>;
}

export interface SuiteOptions {
  /** Why it cannot be tested here. */
  readonly skip?: string | undefined;
}

const inventoryOf = ({ chains, sets, elements }: RuleSet): object => ({
  chains: [...chains.values()].map(({ name, print }) => `${name} ${print}`).sort(),
  sets: [...sets.keys()].sort(),
  elements: [...elements].map(([id, { verdict }]) => `${id}: ${verdict ?? ""}`).sort(),
});

const shown = ({ chains, sets, elements }: Inventory): object => ({
  chains: [...chains].map(([name, print]) => `${name} ${print}`).sort(),
  sets: [...sets].sort(),
  elements: [...elements].map(([id, verdict]) => `${id}: ${verdict}`).sort(),
});

const web = rulesFor([
  [
    service({
      spec: {
        sessionAffinity: "ClientIP",
        type: "NodePort",
        ports: [{ port: 80, nodePort: 30080 }],
      },
    }),
    slice(["10.244.0.5", "10.244.0.6"]),
  ],
  [service({ name: "gone", spec: { clusterIP: "10.96.0.11" } })],
]);

export function backendSuite(
  name: string,
  openBench: () => Promise<BackendBench>,
  { skip }: SuiteOptions = {},
): void {
  const on = (title: string, run: (bench: BackendBench) => Promise<void>): void => {
    test(title, { skip }, async () => {
      await using bench = await openBench();
      await run(bench);
    });
  };

  describe(`${name} keeps rules`, () => {
    on("a table that was never written is empty", async ({ open }) => {
      deepEqual(shown(await open().read()), shown(emptyInventory()));
    });

    on("what one process wrote, the next one reads", async ({ open }) => {
      await open().apply(difference(emptyInventory(), web));
      deepEqual(shown(await open().read()), inventoryOf(web));
    });

    on("any rules can be turned into any others", async ({ open }) => {
      const random = seededRandom(7);
      const backend = open();
      for (let i = 0; i < 25; i++) {
        const wanted = randomRules(random);
        await backend.apply(difference(await backend.read(), wanted));
        deepEqual(shown(await backend.read()), inventoryOf(wanted), `step ${i}`);
      }
    });

    on("a change that cannot be made as a whole is not made at all", async ({ open }) => {
      const backend = open();
      await backend.apply(difference(emptyInventory(), web));
      const change = difference(emptyInventory(), randomRules(seededRandom(1)));
      const broken = { ...change, removedChains: ["never-was"] };
      await rejects(backend.apply(broken));
      deepEqual(shown(await backend.read()), inventoryOf(web));
    });

    on("it sees when its table was flushed, and only then", async ({ open, flush }) => {
      const backend = open();
      await backend.apply(difference(emptyInventory(), web));
      equal(await backend.isIntact(), true);
      await backend.apply(difference(await backend.read(), rulesFor([])));
      equal(await backend.isIntact(), true);
      await flush();
      equal(await backend.isIntact(), false);
      await backend.apply(difference(await backend.read(), web));
      equal(await backend.isIntact(), true);
    });

    on("removed is removed, twice too", async ({ open }) => {
      const backend = open();
      await backend.apply(difference(emptyInventory(), web));
      await backend.remove();
      await backend.remove();
      deepEqual(shown(await open().read()), shown(emptyInventory()));
    });
  });
}
