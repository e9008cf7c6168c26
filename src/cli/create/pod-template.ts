/** Containers out of images, for generated pods. */
import { newSuffix, type Random } from "#base/random.ts";

/** `registry:5000/team/nginx:1.27` runs in a container called `nginx`. */
export function containerName(image: string, random: Random): string {
  const last = image.split("/").at(-1) ?? image;
  const name = (last.split("@")[0] ?? last).split(":")[0] ?? last;
  if (!/[_.]/.test(name)) return name;
  // What had to be changed could collide with another name.
  return `${name.toLowerCase().replace(/[_.]/g, "-")}-${newSuffix(random)}`;
}
