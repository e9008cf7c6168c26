/** What we say we are: the Kubernetes that clients may expect, and who provides it. */
import { serverVersion } from "#apiserver/version.ts";

export const gitVersion = serverVersion.gitVersion;
