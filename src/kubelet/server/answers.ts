/** Answers of the kubelet's server, in the forms that its callers know. */
import type { HttpResponse } from "#base/http.ts";

const encoder = new TextEncoder();

export const text = (
  body: string,
  status = 200,
  contentType = "text/plain; charset=utf-8",
): HttpResponse => ({
  status,
  headers: { "content-type": contentType },
  body: encoder.encode(body),
});

export const json = (value: unknown): HttpResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: encoder.encode(JSON.stringify(value)),
});

/** A request that cannot be served; the message is all that the caller sees. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
