/** What a handler answers, as a client in the same process sees it. */
import type { HttpAnswer, HttpResponse } from "./http.ts";

export const answerOf = ({ status, headers, body }: HttpResponse): HttpAnswer => ({
  status,
  headers,
  body: chunksOf(body),
});

export async function* chunksOf(body: HttpResponse["body"]): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else if (body) yield* body;
}
