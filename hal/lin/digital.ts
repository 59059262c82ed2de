/** Stands in for "embedded:io/digital", which a computer does not have. */
export default class Digital {
  constructor() {
    throw new Error('a computer has no digital pins');
  }
}
