/** The times that occur in recordings: ISO 8601 dates, with or without a time and a zone, and seconds since 1970. */

/** The first second of the year 10000. Above it lie, among others, epoch times in milliseconds. */
const epochSecondsEnd = 253_402_300_800;

const epochPattern = /^[+-]?\d+(\.\d*)?$/;
const isoPattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Seconds since 1970 UTC; `undefined` when `text` is no such time. A time without a zone is UTC. */
export function parseTimeSeconds(text: string): number | undefined {
  if (epochPattern.test(text)) {
    const seconds = Number(text);
    return Math.abs(seconds) < epochSecondsEnd ? seconds : undefined;
  }
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC reads 31 April as 1 May, and year 50 as 1950.
  const date = new Date(milliseconds);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const zoneSeconds = parseZoneSeconds(match[8] ?? 'Z');
  if (zoneSeconds === undefined) return undefined;
  return milliseconds / 1000 + Number(`0.${match[7] ?? 0}`) - zoneSeconds;
}

function parseZoneSeconds(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2)) * (zone.length > 3 ? 1 : 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -60 : 60) * (hours * 60 + minutes);
}
