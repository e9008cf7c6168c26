/** Programs out of Debian's packages, unpacked and not installed: an installed one may start by itself. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export async function unpack(folder: string, packages: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const download = (): Promise<unknown> =>
    run("apt-get", ["download", ...packages], { cwd: folder });
  await download().catch(async () => {
    await run("apt-get", ["update"]);
    await download();
  });
  await run("sh", ["-c", "for package in *.deb; do dpkg -x $package . || exit 1; done"], {
    cwd: folder,
  });
}
