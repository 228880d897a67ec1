import { everySecond, serverNow, timeOfDay } from "../time";

/** The time of day at the school: `<corridor-clock time-zone="America/Chicago">10:06</corridor-clock>`. */
class CorridorClock extends HTMLElement {
  #stop?: () => void;

  connectedCallback(): void {
    this.#stop = everySecond(() => this.#show());
    this.#show();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #show(): void {
    const now = timeOfDay(serverNow(), this.getAttribute("time-zone") ?? undefined);
    if (this.textContent !== now) {
      this.textContent = now;
    }
  }
}

customElements.define("corridor-clock", CorridorClock);
