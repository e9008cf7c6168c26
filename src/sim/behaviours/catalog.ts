// One line per behaviour, sorted. `npm run tidy -- --fix` keeps it complete.
export { cpu } from "./cpu.ts";
export { disk } from "./disk.ts";
export { exitCode } from "./exit-code.ts";
export { imageUser } from "./image-user.ts";
export { logs } from "./logs.ts";
export { memory } from "./memory.ts";
export { processes } from "./processes.ts";
export { pull } from "./pull.ts";
export { pullError } from "./pull-error.ts";
export { ready } from "./ready.ts";
export { readyAfter } from "./ready-after.ts";
export { runsFor } from "./runs-for.ts";
export { start } from "./start.ts";
export { startError } from "./start-error.ts";
export { stopsAfter } from "./stops-after.ts";
export { unhealthyAfter } from "./unhealthy-after.ts";
