/** The three forms RFC 9110, section 5.6.7, makes a recipient accept: IMF-fixdate, RFC 850 and asctime. */
const FORMS: readonly RegExp[] = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[\d ]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];
const MONTHS: readonly string[] = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Milliseconds since 1970, or `undefined` for what is no HTTP date. `Date.parse` would take much that is none, such as `-5`, and
 * read an asctime date in the machine's own time zone. A year of two digits is one from 1970 to 2069.
 */
export function httpDate(text: string): number | undefined {
  for (const form of FORMS) {
    const { day, month, year, time } = form.exec(text)?.groups ?? {};
    if (time === undefined) continue;
    const [hours, minutes, seconds] = time.split(':').map(Number) as [number, number, number];
    const monthIndex = MONTHS.indexOf(month!);
    const dayOfMonth = Number(day);
    const at = Date.UTC(fullYear(year!), monthIndex, dayOfMonth, hours, minutes, seconds);
    // 31 February and 25 o'clock would have run over into a day that was not written; a leap second may.
    const written = monthIndex >= 0 && hours < 24 && minutes < 60 && seconds <= 60;
    const exists = new Date(Date.UTC(fullYear(year!), monthIndex, dayOfMonth)).getUTCDate() === dayOfMonth;
    return written && exists ? at : undefined;
  }
  return undefined;
}

function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}
