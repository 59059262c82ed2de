/** Thrown by storage whose power is gone, out of the call that was cut and out of every call after it. */
export class PowerCut extends Error {
  override name = 'PowerCut';

  constructor() {
    super('power cut');
  }
}
