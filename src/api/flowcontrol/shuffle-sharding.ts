/**
 * Each flow is dealt a hand of queues from a deck, by its hash.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/shufflesharding/shufflesharding.go
 */

/** So many bits of a flow's hash are used. */
export const entropyBitsMax = 60;

/** A quick and slightly high estimate of the bits that dealing a hand uses up. */
export const entropyBits = (deckSize: number, handSize: number): number =>
  Math.ceil(Math.log2(deckSize) * handSize);

/** Different queues of a deck, by a hash that has enough bits for it: the same for the same hash. */
export function dealHand(hash: bigint, deckSize: number, handSize: number): readonly number[] {
  const hand: number[] = [];
  let left = hash & ((1n << BigInt(entropyBitsMax)) - 1n);
  for (let dealt = 0; dealt < Math.min(handSize, deckSize); dealt++) {
    const remaining = BigInt(deckSize - dealt);
    let card = Number(left % remaining);
    left /= remaining;
    // Numbered among those that are still in the deck.
    for (const taken of hand.toSorted((one, other) => one - other)) if (taken <= card) card++;
    hand.push(card);
  }
  return hand;
}
