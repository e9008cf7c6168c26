/** One name server of the world outside: asks it over UDP, and over TCP what does not fit. */
import { type Clock, seconds } from "#base/clock.ts";
import type { BindDatagrams } from "#base/datagram.ts";
import { below, type Random } from "#base/random.ts";
import type { Connect } from "#base/tcp.ts";
import { type Answer, decodeAnswer, isResponse, Malformed } from "./decode.ts";
import { encodeQuestion } from "./encode.ts";
import { type Forwarded, forwardedOf } from "./forwarded.ts";
import { framed, frames } from "./frames.ts";
import { flags, type Question } from "./message.ts";

export interface UpstreamAddress {
  readonly address: string;
  readonly port: number;
}

export interface UpstreamPorts {
  readonly bindDatagrams: BindDatagrams;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Ask {
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

/** Nobody who waits for a name waits much longer. */
const patienceMs = seconds(2);

/** Throws when there is no answer in time, or none that is one. */
export async function askUpstream(
  to: UpstreamAddress,
  ask: Ask,
  ports: UpstreamPorts,
): Promise<Forwarded> {
  const id = below(ports.random, 0x1_0000);
  const message = encodeQuestion(ask.question, { ...ask, id });
  const isAnswer = (bytes: Uint8Array): Answer | undefined => answerTo(ask.question, id, bytes);
  const bytes = await overUdp({ to, message, isAnswer }, ports);
  const answer = decodeAnswer(bytes);
  if ((answer.header.bits & flags.truncated) === 0) return forwardedOf(bytes, answer);
  const whole = await overTcp({ to, message, isAnswer }, ports);
  return forwardedOf(whole, decodeAnswer(whole));
}

interface Exchange {
  readonly to: UpstreamAddress;
  readonly message: Uint8Array;
  readonly isAnswer: (bytes: Uint8Array) => Answer | undefined;
}

/** Others may guess, or be late: what is not the answer to this very question is passed over. */
function answerTo(question: Question, id: number, bytes: Uint8Array): Answer | undefined {
  try {
    const answer = decodeAnswer(bytes);
    const { name, type, class: kind } = answer.question;
    const isSame = name === question.name && type === question.type && kind === question.class;
    return isSame && answer.header.id === id && isResponse(answer.header) ? answer : undefined;
  } catch (cause) {
    if (cause instanceof Malformed) return undefined;
    throw cause;
  }
}

/** A socket, and so a port, for each question: an answer cannot be forged by guessing. */
async function overUdp(
  { to, message, isAnswer }: Exchange,
  { bindDatagrams, clock }: UpstreamPorts,
): Promise<Uint8Array> {
  const answered = Promise.withResolvers<Uint8Array>();
  await using socket = await bindDatagrams({
    address: to.address.includes(":") ? "::" : "0.0.0.0",
    port: 0,
    received: (bytes, from) => {
      const isFromThere = from.address === to.address && from.port === to.port;
      if (isFromThere && isAnswer(bytes)) answered.resolve(bytes);
    },
  });
  using _timer = clock.after(patienceMs, () => answered.reject(new Error("no answer in time")));
  // A network that is not there says so at once.
  socket.send(message, to).catch((cause: unknown) => answered.reject(cause as Error));
  return await answered.promise;
}

async function overTcp(
  { to, message, isAnswer }: Exchange,
  { connect, clock }: UpstreamPorts,
): Promise<Uint8Array> {
  const late = new AbortController();
  using _timer = clock.after(patienceMs, () => late.abort(new Error("no answer in time")));
  const stream = await connect({ host: to.address, port: to.port }, late.signal);
  late.signal.addEventListener("abort", () => stream.destroy(), { once: true });
  try {
    await stream.write(framed(message));
    for await (const bytes of frames(stream.incoming)) if (isAnswer(bytes)) return bytes;
    throw new Error("the connection ended without an answer");
  } finally {
    stream.destroy();
  }
}
