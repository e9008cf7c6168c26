/** Where a list goes on: the key to start with, and the revision at which the list began. */
import { ApiError, badRequest } from "#api/errors.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { parseJson } from "#schema/json-text.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export interface ContinueToken {
  /** Relative to the prefix of the kind. */
  readonly from: string;
  /** Undefined: go on with what is there now. */
  readonly revision: number | undefined;
}

const version = "meta.k8s.io/v1";

export const formatContinue = ({ from, revision = -1 }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: version, rv: revision, start: from })).toString("base64url");

/** Throws BadRequest, in upstream's words. upstream: apiserver/pkg/storage/continue.go */
export function parseContinue(text: string): ContinueToken {
  const { v = "", rv = 0, start = "" } = readToken(text);
  if (v !== version) throw invalidToken(`: server does not recognize this encoded version ${v}`);
  if (rv === 0)
    throw invalidToken(`: incorrect encoded start resourceVersion (version ${version})`);
  if (start === "") throw invalidToken(`: encoded start key empty (version ${version})`);
  const segments = start.replace(/^\//, "").split("/");
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw invalidToken(`: ${start}`);
  return { from: start, revision: rv < 0 ? undefined : rv };
}

const Token = s.struct("storage.continueToken", {
  v: s.string(1),
  rv: s.int64(2),
  start: s.string(3),
});

function readToken(text: string): ValueOf<typeof Token> {
  try {
    const wrong = text.search(/[^\w-]/);
    if (wrong >= 0) throw new DecodeError(`illegal base64 data at input byte ${wrong}`); // exact: Go
    const json = Buffer.from(text, "base64url").toString("utf8");
    return decodeJson(Token, parseJson(json).value, { defaults: false }).value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof DecodeError)) throw cause;
    throw invalidToken(`: ${cause.message}`);
  }
}

const invalidToken = (why: string): ApiError =>
  badRequest(`invalid continue token: continue key is not valid${why}`);

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
