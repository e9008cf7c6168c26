/** What a request asks for, by its URL. */
import { Refusal } from "./answers.ts";

export interface Target {
  readonly path: string;
  /** Of the path, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** Throws a Refusal (400) when it cannot be read. */
export function targetOf(text: string): Target {
  try {
    const { pathname: path, searchParams: query } = new URL(text, "http://kubelet");
    return { path, parts: path.split("/").filter(Boolean).map(decodeURIComponent), query };
  } catch {
    throw new Refusal(400, "400 Bad Request"); // exact: net/http
  }
}
