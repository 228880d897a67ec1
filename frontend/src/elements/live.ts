import { patch } from "../patch";
import { everySecond, hear, serverNow, timeOfDay } from "../time";

const PATIENCE = 5_000;
const LONGEST_SILENCE = 40_000;
const RETRY = 2_000;
const LONGEST_RETRY = 30_000;

/**
 * Keeps a page up to date from the stream at `src`, and says when it cannot. A child with `data-heard` shows when it last
 * heard from the server.
 */
class CorridorLive extends HTMLElement {
  #source?: EventSource;
  #stop?: () => void;
  #heardAt = 0;
  #downSince?: number | undefined;
  #failures = 0;
  #retry = 0;

  connectedCallback(): void {
    this.#heardAt = performance.now();
    this.#open();
    this.#stop = everySecond(() => this.#watch());
  }

  disconnectedCallback(): void {
    this.#stop?.();
    this.#source?.close();
    clearTimeout(this.#retry);
  }

  get #url(): string {
    return this.getAttribute("src") ?? "";
  }

  #open(): void {
    this.#source?.close();
    const source = (this.#source = new EventSource(this.#url));
    source.addEventListener("all", (event) => this.#heard(() => patch(event.data, true)));
    source.addEventListener("parts", (event) => this.#heard(() => patch(event.data, false)));
    source.addEventListener("clock", (event) => this.#heard(() => hear(event.data)));
    source.addEventListener("error", () => this.#lost(source));
  }

  #heard(take: () => void): void {
    this.#heardAt = performance.now();
    this.#downSince = undefined;
    this.#failures = 0;
    take();
    const time = this.querySelector("[data-heard]");
    if (time) {
      time.textContent = timeOfDay(serverNow());
    }
    this.#show();
  }

  #lost(source: EventSource): void {
    this.#downSince ??= serverNow();
    if (source.readyState === EventSource.CLOSED) {
      // The browser gave up: the server refused, or is not there. Ask why before trying again.
      this.#retry = setTimeout(() => void this.#probe(), Math.min(RETRY * 2 ** this.#failures++, LONGEST_RETRY));
    }
  }

  async #probe(): Promise<void> {
    const stop = new AbortController();
    try {
      const answer = await fetch(this.#url, { redirect: "manual", signal: stop.signal });
      stop.abort();
      if (answer.type === "opaqueredirect") {
        location.reload(); // Signed out meanwhile: the page itself leads to signing in.
        return;
      }
    } catch {
      // Still not there; opening it again notices, and waits longer.
    }
    if (this.isConnected) {
      this.#open();
    }
  }

  #watch(): void {
    if (performance.now() - this.#heardAt > LONGEST_SILENCE && this.#source?.readyState === EventSource.OPEN) {
      this.#downSince ??= serverNow() - LONGEST_SILENCE;
      this.#heardAt = performance.now();
      this.#open();
    }
    this.#show();
  }

  #show(): void {
    const banner = document.getElementById("link-down");
    if (!banner) {
      return;
    }
    const down = this.#downSince !== undefined && serverNow() - this.#downSince > PATIENCE;
    if (down) {
      const since = banner.querySelector("[data-since]");
      if (since) {
        since.textContent = timeOfDay(this.#downSince ?? 0);
      }
    }
    banner.hidden = !down;
  }
}

customElements.define("corridor-live", CorridorLive);
