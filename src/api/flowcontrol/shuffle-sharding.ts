/**
 * Each flow is dealt a hand of queues from a deck, by its hash.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/shufflesharding/shufflesharding.go
 */

/** So many bits of a flow's hash are used. */
export const entropyBitsMax = 60;

/** A quick and slightly high estimate of the bits that dealing a hand uses up. */
export const entropyBits = (deckSize: number, handSize: number): number =>
  Math.ceil(Math.log2(deckSize) * handSize);
