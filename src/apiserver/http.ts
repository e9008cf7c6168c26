/** The server behind HTTP: requests out of bytes, answers into bytes. */
import { ApiError } from "#api/errors.ts";
import type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Caller,
  Method,
  RequestBody,
} from "#api/request.ts";
import {
  BodyTooLarge,
  type HttpHandler,
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpUpgrade,
} from "#base/http.ts";
import { finish, type Soon, whenThere } from "#base/soon.ts";
import { respond } from "./encoding/respond.ts";
import { sized } from "./encoding/sized.ts";
import { bodyBytesMax } from "./limits.ts";
import { methodNotAllowed, tooLarge } from "./refusals.ts";
import { failure } from "./responses.ts";

const methods: ReadonlySet<string> = new Set<Method>([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

const noQuery = new URLSearchParams();
const noBody: RequestBody = { is: "none" };

export const createHttpHandler =
  (handle: ApiHandler, isPassedOn: (target: string) => boolean = () => false): HttpHandler =>
  (incoming) =>
    finish(
      () => whenThere(requestOf(incoming, isPassedOn), (request) => answerTo(request, handle)),
      answered,
      (cause) => {
        // Everything else is answered in the pipeline: only the body can fail here.
        if (!(cause instanceof ApiError)) throw cause;
        return respond(new PeerRequest(incoming, noBody), failure(cause));
      },
    );

const answered = (response: HttpResponse | undefined): HttpResponse | undefined => response;

function requestOf(
  incoming: HttpRequest,
  isPassedOn: (target: string) => boolean,
): Soon<PeerRequest> {
  if (!methods.has(incoming.method)) throw methodNotAllowed();
  return isPassedOn(incoming.target)
    ? new StreamedRequest(incoming, noBody)
    : whenThere(bodyOf(incoming), (body) => new PeerRequest(incoming, body));
}

const answerTo = (request: PeerRequest, handle: ApiHandler): Soon<HttpResponse | undefined> =>
  whenThere(handle(request), (response) => {
    if (response.body.is === "upgraded") return undefined;
    const answer = respond(request, response);
    if (request.method === "HEAD") return headOf(response, answer);
    const { onSent } = response;
    return onSent ? whenThere(answer, (whole) => sized(whole, onSent)) : answer;
  });

/** What the body would be is said, but nobody will read it: a stream ends here. */
async function headOf({ body }: ApiResponse, answer: Soon<HttpResponse>): Promise<HttpResponse> {
  const { status, headers } = await answer;
  if (body.is === "watch") await body.events[Symbol.asyncIterator]().return?.();
  if (body.is === "stream") await body.chunks[Symbol.asyncIterator]().return?.();
  return { status, headers };
}

/** A class for the sake of its getter: an object with one of its own is of a shape of its own. */
class PeerRequest implements ApiRequest {
  readonly method: Method;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: HttpHeaders;
  readonly body: RequestBody;
  readonly caller: Caller;
  readonly upgrade?: HttpUpgrade;
  readonly #incoming: HttpRequest;

  constructor(incoming: HttpRequest, body: RequestBody) {
    const { method, target, headers, peer, upgrade } = incoming;
    const mark = target.indexOf("?");
    this.method = method as Method;
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? noQuery : new URLSearchParams(target.slice(mark + 1));
    this.headers = headers;
    this.body = body;
    this.caller = { is: "peer", peer };
    if (upgrade) this.upgrade = upgrade;
    this.#incoming = incoming;
  }

  /** Most requests are answered before anybody could ask. */
  get signal(): AbortSignal {
    return this.#incoming.signal;
  }
}

/** The body is read by whoever answers. */
class StreamedRequest extends PeerRequest {
  readonly streamed: () => AsyncIterable<Uint8Array>;

  constructor(incoming: HttpRequest, body: RequestBody) {
    super(incoming, body);
    this.streamed = () => incoming.bodyStream();
  }
}

function bodyOf(incoming: HttpRequest): Soon<RequestBody> {
  const { method, headers } = incoming;
  if (method === "GET" || method === "HEAD" || incoming.upgrade) return noBody;
  if (headers["content-length"] === "0") return noBody;
  return finish(() => incoming.body(bodyBytesMax), bodyIn, refuseBody);
}

const bodyIn = (bytes: Uint8Array): RequestBody =>
  bytes.length === 0 ? noBody : { is: "bytes", bytes };

function refuseBody(cause: unknown): never {
  if (!(cause instanceof BodyTooLarge)) throw cause;
  throw tooLarge(`limit is ${bodyBytesMax}`); // exact: apiserver
}
