/**
 * A kiosk, `[data-kiosk]`: "pairing" waits to be approved, "start" waits for somebody to say who they are, "turn" forgets
 * them after `data-forgets` seconds without a touch.
 */
const POLL_MS = 3000;
const ALIVE_MS = 60_000;
const START = "/kiosk";

async function answers(path: string, status: number): Promise<boolean> {
  try {
    return (await fetch(path, { cache: "no-store", redirect: "manual" })).status === status;
  } catch {
    return true; // No connection: what is shown is as good as any.
  }
}

function keepAsking(path: string, status: number, every: number): void {
  setInterval(async () => {
    if (!document.hidden && !(await answers(path, status))) {
      location.replace(START);
    }
  }, every);
}

function forget(seconds: number): void {
  let left = seconds;
  const shown = document.querySelector<HTMLElement>("[data-left]");
  const show = () => {
    if (shown) {
      shown.textContent = ` ${left}`;
    }
  };
  for (const touch of ["pointerdown", "keydown", "input"]) {
    document.addEventListener(touch, () => {
      left = seconds;
      show();
    });
  }
  show();
  setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) {
      location.replace(START);
    }
  }, 1000);
}

/** What a reader types must land in the field, wherever somebody touched the screen before. */
function keepFocus(field: HTMLInputElement): void {
  field.focus({ preventScroll: true });
  const again = () => setTimeout(() => {
    const active = document.activeElement;
    if (!active || active === document.body) {
      field.focus({ preventScroll: true });
    }
  }, 0);
  field.addEventListener("blur", again);
  document.addEventListener("pointerup", again);
  window.addEventListener("focus", again);
}

function showKeys(pad: HTMLElement): void {
  const field = document.querySelector<HTMLInputElement>(pad.dataset.keypad ?? "");
  if (!field || !matchMedia("(any-pointer: coarse)").matches) {
    return;
  }
  pad.hidden = false;
  pad.addEventListener("click", ({ target }) => {
    const key = (target as Element).closest<HTMLElement>("[data-key]")?.dataset.key;
    if (key === "clear") {
      field.value = "";
    } else if (key === "back") {
      field.value = field.value.slice(0, -1);
    } else if (key && field.value.length < field.maxLength) {
      field.value += key;
    }
    if (key) {
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}

const kiosk = document.querySelector<HTMLElement>("[data-kiosk]");
if (kiosk) {
  const field = kiosk.querySelector<HTMLInputElement>("[data-stays-focused]");
  if (field) {
    keepFocus(field);
  }
  kiosk.querySelectorAll<HTMLElement>("[data-keypad]").forEach(showKeys);
  if (kiosk.dataset.kiosk === "pairing") {
    keepAsking(`${START}/pairing`, 204, POLL_MS);
  } else if (kiosk.dataset.kiosk === "start") {
    keepAsking(`${START}/alive`, 204, ALIVE_MS);
  }
  if (kiosk.dataset.forgets) {
    forget(Number(kiosk.dataset.forgets));
  }
  // A page that the browser kept must not show whose turn it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.replace(START);
    }
  });
}
