/** How much is served at once, and how long one waits. */
import { seconds } from "#base/clock.ts";

/** All seats: what upstream calls max-requests-inflight and max-mutating-requests-inflight, together. */
export const seatsMax = 600;

/** A request may wait for a quarter of the time that it has. As upstream. */
export const waitMsMax = seconds(15);

/** Seats are shared out anew so often while somebody is short of them. As upstream. */
export const adjustMs = seconds(10);

/** What a request is taken to need until it is known. As upstream. */
export const estimatedSeconds = 0.003;

/** How much of a demand that went down is remembered from one adjustment to the next. As upstream. */
export const demandMemory = 0.977;

/** Lists take a seat for so many objects, up to so many seats. As upstream. */
export const objectsPerSeat = 100;
export const listSeatsMax = 10;

/** No request takes more of a level than this. As upstream. */
export const widestPart = 0.15;
