/** Where a list goes on: the key to start with, and the revision at which the list began. */
import { ApiError, badRequest } from "#api/errors.ts";

export interface ContinueToken {
  /** Relative to the prefix of the kind. */
  readonly from: string;
  /** Undefined: go on with what is there now. */
  readonly revision: number | undefined;
}

const version = "meta.k8s.io/v1";

export const formatContinue = ({ from, revision = -1 }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: version, rv: revision, start: from })).toString("base64url");

/** Throws BadRequest. */
export function parseContinue(text: string): ContinueToken {
  const token = readToken(text);
  if (token.v !== version) throw invalidToken(`server does not recognize this encoded version`);
  if (typeof token.start !== "string" || token.start === "") {
    throw invalidToken("encoded start key empty (version meta.k8s.io/v1)");
  }
  if (typeof token.rv !== "number" || !Number.isSafeInteger(token.rv) || token.rv === 0) {
    throw invalidToken("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  return { from: token.start, revision: token.rv < 0 ? undefined : token.rv };
}

function readToken(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof token === "object" && token !== null) return token;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw invalidToken("not a token of this server");
}

const invalidToken = (why: string): ApiError =>
  badRequest(`invalid continue token: continue key is not valid: ${why}`); // exact: apiserver

const expiredList =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** 410, with a token that goes on without the promise of consistency. exact: apiserver */
export const expiredContinue = (from: string, cause: Error): ApiError =>
  new ApiError("Expired", expiredList, {
    cause,
    listMeta: { continue: formatContinue({ from, revision: undefined }) },
  });

export const expiredRevision = (cause: Error): ApiError =>
  new ApiError("Expired", "The resourceVersion for the provided list is too old.", { cause });
