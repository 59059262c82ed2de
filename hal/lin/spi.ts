/** Stands in for "embedded:io/spi", which a computer does not have. */
export default class SPI {
  constructor() {
    throw new Error('a computer has no SPI bus');
  }
}
