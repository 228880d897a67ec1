import { everySecond, serverNow } from "../time";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LAST_PART = 0.2;
const STEPS = 240;

const styles = new CSSStyleSheet();
styles.replaceSync(`
  svg { display: block; inline-size: 100%; block-size: 100%; overflow: visible; color: var(--out); }
  .due { color: var(--due); }
  .over { color: var(--over); }
  circle { fill: none; stroke-width: 9; }
  .track { stroke: var(--track); }
  .arc { stroke: currentColor; stroke-linecap: round; transform: rotate(-90deg); transform-origin: 50px 50px; }
  text {
    fill: var(--ink); font-weight: 650; font-size: 36px; font-variant-numeric: tabular-nums;
    text-anchor: middle; dominant-baseline: central;
  }
  .long { font-size: 30px; }
  .unit { display: none; fill: var(--ink-quiet); font-weight: 400; font-size: 9px; }
  .over .number { fill: currentColor; }
  :host(.ring-big) circle { stroke-width: 6; }
  :host(.ring-big) .number { font-size: 40px; transform: translateY(-4px); }
  :host(.ring-big) .unit { display: block; }
  @media (prefers-reduced-motion: no-preference) {
    :host(.ring-big) .arc { transition: stroke-dashoffset 1s linear; }
  }
`);

const SHAPES = `
  <svg viewBox="0 0 100 100" role="img">
    <circle class="track" cx="50" cy="50" r="45"/>
    <circle class="arc" cx="50" cy="50" r="45" pathLength="${STEPS}" stroke-dasharray="${STEPS} ${STEPS}"/>
    <text class="number" x="50" y="51"></text>
    <text class="unit" x="50" y="76"></text>
  </svg>`;

type State = "out" | "due" | "over";

/** What a ring shows of a place held for a moment: the seconds left, and none below zero. */
export function countdown(started: number, due: number, now: number) {
  const left = Math.max(0, due - now);
  const share = Math.min(1, left / Math.max(due - started, 1));
  const seconds = Math.ceil(left / SECOND);
  const state: State = share <= LAST_PART ? "due" : "out";
  return { state, share, number: `${seconds}`, unit: "seconds left", words: `${seconds} seconds left` };
}

/** What a ring shows of a pass, `now` between its start and after its end; times in milliseconds. */
export function reading(started: number, due: number, now: number) {
  const length = Math.max(due - started, 1);
  const left = due - now;
  if (left <= 0) {
    const over = Math.floor(-left / MINUTE) + 1;
    const share = Math.min(1, -left / length);
    return { state: "over" as State, share, number: `+${over}`, unit: "min over", words: `${over} min over` };
  }
  const share = Math.min(1, left / length);
  const state: State = share <= LAST_PART ? "due" : "out";
  const minutes = Math.ceil(left / MINUTE);
  return { state, share, number: `${minutes}`, unit: "min left", words: `${minutes} min left` };
}

/**
 * A pass as a ring that empties, and fills the other way once it is over time:
 * `<corridor-ring started="ISO" due="ISO">until 10:42</corridor-ring>`. With the class `ring-big` it names its unit.
 * With `unit="seconds"` it counts down how long a place is held, and stops at nothing.
 */
class CorridorRing extends HTMLElement {
  static observedAttributes = ["started", "due"];

  readonly #root = this.attachShadow({ mode: "open" });
  #stop?: () => void;
  #shown = "";

  connectedCallback(): void {
    if (!this.#root.firstChild) {
      this.#root.adoptedStyleSheets = [styles];
      this.#root.innerHTML = SHAPES;
    }
    this.#stop = everySecond(() => this.#show());
    this.#show();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  attributeChangedCallback(): void {
    if (this.isConnected && this.#root.firstChild) {
      this.#show();
    }
  }

  #show(): void {
    const started = Date.parse(this.getAttribute("started") ?? "");
    const due = Date.parse(this.getAttribute("due") ?? "");
    const read = this.getAttribute("unit") === "seconds" ? countdown : reading;
    const { state, share, number, unit, words } = read(started, due, serverNow());
    const step = Math.round(share * STEPS);
    const shown = `${state} ${step} ${number}`;
    if (shown === this.#shown) {
      return;
    }
    this.#shown = shown;
    // All of it inside: attributes that the server did not send would not outlive the page's next change.
    const drawing = this.#root.querySelector("svg");
    drawing?.setAttribute("class", state);
    drawing?.setAttribute("aria-label", words);
    // The arc ends at the top: what is left empties clockwise, what is over fills the other way.
    const arc = this.#root.querySelector(".arc");
    arc?.setAttribute("stroke-dashoffset", `${step - STEPS}`);
    arc?.setAttribute("visibility", step ? "visible" : "hidden");
    this.#write(".number", number);
    this.#root.querySelector(".number")?.classList.toggle("long", number.length > 2);
    this.#write(".unit", unit);
  }

  #write(selector: string, text: string): void {
    const element = this.#root.querySelector(selector);
    if (element && element.textContent !== text) {
      element.textContent = text;
    }
  }
}

customElements.define("corridor-ring", CorridorRing);
