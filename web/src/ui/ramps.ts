// Colour ramps of ui.md §3.0. Stops are joined linearly in sRGB, as the figures of the core do.

/** Colour lookup, RAMP_SIZE entries. Signed ramps map −1…1, others 0…1. */
export interface Ramp {
  id: string;
  signed: boolean;
  rgba: Uint8ClampedArray;
}

export type Rgb = readonly [number, number, number];
export type RampTheme = 'light' | 'dark';

export const RAMP_SIZE = 256;

const STOPS: Record<RampTheme, Record<'weight' | 'signed', readonly string[]>> = {
  light: {
    weight: ['#FFFFFF', '#ABD8F3', '#58A5E4', '#3263C3', '#22308A', '#14154D'],
    signed: ['#9D4616', '#DB9F76', '#FFFFFF', '#80B7E7', '#0C60A3'],
  },
  dark: {
    weight: ['#15171C', '#30376C', '#6F4FA1', '#CA69A3', '#FFA571', '#FCF4BE'],
    signed: ['#FEB079', '#925837', '#15171C', '#2F6E9E', '#88CDFD'],
  },
};

export function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Colour at t in 0…1 between evenly spaced stops. */
export function mixStops(stops: readonly Rgb[], t: number): Rgb {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const a = stops[low] as Rgb;
  const b = stops[low + 1] as Rgb;
  const f = at - low;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f];
}

export function rampStops(theme: RampTheme, kind: 'weight' | 'signed'): readonly string[] { return STOPS[theme][kind]; }

const cache = new Map<string, Ramp>();

export function ramp(theme: RampTheme, kind: 'weight' | 'signed'): Ramp {
  const id = `${theme}-${kind}`;
  const known = cache.get(id);
  if (known) return known;
  const stops = STOPS[theme][kind].map(parseHex);
  const rgba = new Uint8ClampedArray(RAMP_SIZE * 4);
  for (let i = 0; i < RAMP_SIZE; i++) {
    const [r, g, b] = mixStops(stops, i / (RAMP_SIZE - 1));
    rgba.set([Math.round(r), Math.round(g), Math.round(b), 255], i * 4);
  }
  const made: Ramp = { id, signed: kind === 'signed', rgba };
  cache.set(id, made);
  return made;
}

/** CSS colour of a value on a ramp. */
export function rampCss(r: Ramp, value: number): string {
  const at = rampIndex(r, value) * 4;
  return `rgb(${r.rgba[at]} ${r.rgba[at + 1]} ${r.rgba[at + 2]})`;
}

/** Row of the lookup table: value 0…1, or −1…1 on signed ramps. */
export function rampIndex(r: Ramp, value: number): number {
  const t = r.signed ? value * 0.5 + 0.5 : value;
  const clamped = t > 0 ? Math.min(t, 1) : 0;
  return Math.round(clamped * (RAMP_SIZE - 1));
}
