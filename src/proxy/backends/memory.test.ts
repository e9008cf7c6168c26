import { seededRandom } from "#base/random.ts";
import { memoryBackend } from "./memory.ts";
import { backendSuite } from "./suite.ts";

backendSuite("memory", async () => {
  const backend = memoryBackend({ random: seededRandom(1) });
  return {
    open: () => backend,
    flush: async () => backend.flush(),
    async [Symbol.asyncDispose]() {},
  };
});
