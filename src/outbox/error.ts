/**
 * What can go wrong with a log that the caller has to decide about. The message is one sentence for a person; the code is
 * for a program:
 *
 *   foreign    the partition holds something that is no log; nothing was changed
 *   newer      the log was written by a newer format version; nothing was changed
 *   geometry   the log belongs to a partition of another size or block length; nothing was changed
 *   unsupported  the flash cannot hold a log (alignment, block length, number of blocks)
 *   payload    a payload is empty or too large; nothing was appended
 *   hardware   the flash did not take what was programmed, in several places
 */
export type OutboxErrorCode = 'foreign' | 'newer' | 'geometry' | 'unsupported' | 'payload' | 'hardware';

export class OutboxError extends Error {
  override name = 'OutboxError';
  readonly code: OutboxErrorCode;

  constructor(code: OutboxErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
