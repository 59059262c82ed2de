/**
 * Stands in for "embedded:io/analog": on any pin the battery of src/drivers/battery.ts with its default divider, charged and
 * discharged once an hour between 3.6 and 4.1 V.
 */
const hourMilliseconds = 3_600_000;
const referenceVolts = 2.45;
const divider = 2;

export default class Analog {
  readonly resolution = 12;

  read(): number {
    const charge = (1 + Math.cos((2 * Math.PI * (Date.now() % hourMilliseconds)) / hourMilliseconds)) / 2;
    return Math.round(((3.6 + 0.5 * charge) / divider / referenceVolts) * (2 ** this.resolution - 1));
  }

  close(): void {}
}
