import type { ApiResponse } from "#api/request.ts";
import { whenThere } from "#base/soon.ts";
import type { Stage } from "../context.ts";

/** In characters, over all warnings of one answer. As upstream. */
const warningsLengthMax = 4_096;

/** Tells the caller what was questionable, in Warning headers; of a refused request, too. */
export const warn: Stage = (context, next) =>
  whenThere(next(context), (response) => warned(context.warnings, response));

function warned(warnings: readonly string[], response: ApiResponse): ApiResponse {
  if (warnings.length === 0) return response;
  return { ...response, headers: { ...response.headers, warning: headerOf(warnings) } };
}

function headerOf(warnings: readonly string[]): string {
  let left = warningsLengthMax;
  const lines = [...new Set(warnings)].flatMap((text) => {
    left -= text.length;
    return left < 0 ? [] : [`299 - ${quoted(text)}`];
  });
  return lines.join(", ");
}

/** Headers are bytes: a character of each byte of its UTF-8. */
const quoted = (text: string): string => {
  const plain = text.replace(/[\p{C}]/gu, " ").replace(/[\\"]/g, String.raw`\$&`);
  return `"${Buffer.from(plain).toString("latin1")}"`;
};
