/** Numbers and times as people read them. */

/** Return a duration: `40 ms`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(Math.max(0, seconds) * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, 'min', 1, 's');
  if (whole < 86_400) return pair(whole, 3600, 'h', 60, 'min');
  return pair(whole, 86_400, 'd', 3600, 'h');
}

function pair(seconds: number, big: number, bigName: string, small: number, smallName: string): string {
  const left = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigName}${left ? ` ${left} ${smallName}` : ''}`;
}

const grouped = new Intl.NumberFormat('en-US');

export function count(number: number): string {
  return grouped.format(number);
}

/** Return a number with its noun: `1 job`, `2,000 jobs`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Return a rate of jobs in the unit that keeps it readable. */
export function rate(perSecond: number): string {
  if (perSecond >= 0.95) return `${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))} jobs/s`;
  const perMinute = perSecond * 60;
  if (perMinute >= 0.95) return `${perMinute.toFixed(1)} jobs/min`;
  return `${(perMinute * 60).toFixed(1)} jobs/h`;
}

export function bytes(number: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = number;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function percent(number: number): string {
  return `${number < 9.95 ? number.toFixed(1) : count(Math.round(number))} %`;
}

/** Return the bytes of an amount of memory as specifications have it: `512m`, `1.5g`. */
export function memoryBytes(text: string): number | null {
  const [, number, unit = ''] = /^\s*([\d.]+)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text) ?? [];
  return number ? Number(number) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' ') : null;
}

/** Return the local time of day of a moment in milliseconds. */
export function clock(milliseconds: number): string {
  const moment = new Date(milliseconds);
  const part = (number: number): string => String(number).padStart(2, '0');
  return `${part(moment.getHours())}:${part(moment.getMinutes())}:${part(moment.getSeconds())}`;
}
