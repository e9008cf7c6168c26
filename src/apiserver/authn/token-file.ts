/**
 * A file of static tokens: `token,user,uid,"group1,group2"` on each line.
 * upstream: staging/src/k8s.io/apiserver/pkg/authentication/token/tokenfile
 */
import type { User } from "#api/request.ts";

/** Throws what is wrong with it, but shows no token. */
export function parseTokenFile(text: string): ReadonlyMap<string, User> {
  const users = new Map<string, User>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [token = "", name = "", uid, groups = ""] = columnsOf(line);
    if (token === "" || name === "" || uid === undefined)
      throw new Error(`line ${at + 1}: must be token,user,uid and perhaps groups`);
    if (users.has(token)) throw new Error(`line ${at + 1}: the token stands there twice`);
    const list = groups.split(",").flatMap((group) => group.trim() || []);
    users.set(token, { name, ...(uid ? { uid } : {}), groups: list });
  }
  return users;
}

/** Values with commas stand in quotes. */
const columnsOf = (line: string): readonly string[] =>
  Array.from(line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain = ""]) =>
    (quoted?.replaceAll('""', '"') ?? plain).trim(),
  );
