/**
 * The server's time. The device's clock plays no part: what the server said is carried on by the browser's monotonic
 * timer, which nobody can set.
 */

const SAME_SECONDS = 2;

const saidAtLoad = document.querySelector<HTMLMetaElement>('meta[name="server-now"]')?.content ?? "";
const responded = performance.getEntriesByType("navigation")[0]?.toJSON().responseStart as number | undefined;
let offset = Date.parse(saidAtLoad) - (responded ?? performance.now());

/** Now, in milliseconds since 1970. */
export function serverNow(): number {
  return performance.now() + offset;
}

/** Take a time that the server just said. Of several that nearly agree, the least delayed counts. */
export function hear(said: string): void {
  const heard = Date.parse(said) - performance.now();
  offset = Math.abs(heard - offset) < SAME_SECONDS * 1000 ? Math.max(heard, offset) : heard;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The time of day as 10:42, in the school's zone. */
export function timeOfDay(at: number, zone = document.documentElement.dataset.timeZone ?? "UTC"): string {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
    formats.set(zone, format);
  }
  return format.format(at);
}

const listeners = new Set<() => void>();

/** Call `listener` every second while the page can be seen, until the returned function is called. */
export function everySecond(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tick(): void {
  if (!document.hidden) {
    for (const listener of listeners) {
      listener();
    }
  }
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
