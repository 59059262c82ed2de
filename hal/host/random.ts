/** Randomness on a host: the engine's own, which starts from the system's entropy in each process. No source of secrets. */
import type { Random } from '../contract.js';

export const hostRandom: Random = Math.random;
