/**
 * Servers that the API server asks or tells of its own accord: audit, authentication, authorization.
 * A kubeconfig file says where they are, and who the API server is to them.
 */
import type { Disk } from "#base/disk.ts";
import type { HttpAnswer, HttpClient } from "#base/http.ts";
import { loadKubeconfig, resolveContext } from "#client/kubeconfig.ts";

export type Post = (body: object, signal: AbortSignal) => Promise<unknown>;

const answerBytesMax = 1024 * 1024;

/** Throws what is wrong with the file. */
export async function webhookPost(
  path: string,
  { disk, http }: { readonly disk: Disk; readonly http: HttpClient },
): Promise<Post> {
  const config = await loadKubeconfig(disk, [path]);
  const { location } = await resolveContext(config, { disk });
  return async (body, signal) => {
    const { tls, token } = await location.credentials();
    const answer = await http.call({
      method: "POST",
      url: location.url,
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "user-agent": "kube-apiserver",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: Buffer.from(JSON.stringify(body)),
      signal,
      ...(tls ? { tls } : {}),
    });
    const text = await textOf(answer);
    if (answer.status < 200 || answer.status > 299) throw new WebhookRefusal(answer.status, text);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };
}

const shownMax = 200;

/** It answered, but not with what was asked for. */
class WebhookRefusal extends Error {
  override readonly name = "WebhookRefusal";
  readonly status: number;

  constructor(status: number, text: string) {
    super(`the webhook answered ${status}: ${text.slice(0, shownMax)}`);
    this.status = status;
  }
}

async function textOf({ body }: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > answerBytesMax)
      throw new Error(`the answer has more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
