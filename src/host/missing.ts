/** What does not exist, as an answer instead of a failure. */

/** The result; undefined when the file, or a folder on the way to it, does not exist. */
export async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

export const isMissing = (cause: unknown): boolean => {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
};
