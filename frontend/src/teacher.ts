/** Typing that narrows a list, single keys that press buttons, and the sheet that opens when there is something in it. */

// A field that takes the focus on a touch screen covers half of it with a keyboard.
const POINTER = matchMedia("(hover: hover)");
const TYPING = "input, textarea, select, [contenteditable]";

// Letters that are not a plain letter with a mark, but that people without the key type as one.
const ALIKE: Record<string, string> = { đ: "d", ð: "d", ħ: "h", ı: "i", ł: "l", ø: "o", ß: "ss", æ: "ae", œ: "oe" };

function plain(text: string): string {
  const bare = text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  return bare.replace(/[^\0-\x7f]/g, (letter) => ALIKE[letter] ?? letter);
}

/** Every word typed must begin a word of the name, in any order. */
export function matches(name: string, typed: string): boolean {
  const words = plain(name).split(/[\s,-]+/);
  return plain(typed)
    .split(/\s+/)
    .every((part) => words.some((word) => word.startsWith(part)));
}

function narrow(field: HTMLInputElement): void {
  const list = document.querySelector(field.dataset.filters ?? "");
  if (!list) {
    return;
  }
  const typed = field.value.trim();
  let shown = 0;
  for (const item of list.querySelectorAll<HTMLElement>("[data-find]")) {
    const found = typed ? matches(item.dataset.find ?? "", typed) : !item.hasAttribute("data-only-found");
    if (item.hidden === found) {
      item.hidden = !found;
    }
    shown += Number(found);
  }
  const none = document.querySelector<HTMLElement>(`[data-none-of="${field.dataset.filters}"]`);
  if (none) {
    none.hidden = shown > 0 || !typed;
  }
}

function takeFirst(field: HTMLInputElement): void {
  const first = document.querySelector<HTMLElement>(`${field.dataset.filters} [data-find]:not([hidden])`);
  if (field.value.trim()) {
    first?.querySelector<HTMLElement>("a, button")?.click();
  }
}

function press(key: string): boolean {
  const wanted = document.querySelector<HTMLElement>(`[data-shortcut="${CSS.escape(key)}"]`);
  if (wanted instanceof HTMLInputElement) {
    wanted.focus();
    wanted.select();
  } else {
    wanted?.click();
  }
  return wanted !== null;
}

function clear(field: HTMLInputElement): void {
  field.value = "";
  narrow(field);
}

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset.filters) {
    narrow(target);
  }
});

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target instanceof HTMLInputElement && target.dataset.filters) {
    if (key === "Enter") {
      event.preventDefault();
      takeFirst(target);
    } else if (key === "Escape" && target.value) {
      event.preventDefault();
      clear(target);
    }
    return;
  }
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  const typing = target instanceof Element && target.closest(TYPING) !== null;
  if (!busy && !typing && !document.querySelector("dialog[open]") && press(key.toLowerCase())) {
    event.preventDefault();
  }
});

// What the page is patched with does not know what is being looked for.
const observed = new MutationObserver(() => {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-filters]")) {
    if (field.value.trim()) {
      narrow(field);
    }
  }
});

function keepSheet(sheet: HTMLDialogElement, body: Element): void {
  new MutationObserver(() => {
    const filled = body.childElementCount > 0;
    if (filled && !sheet.open) {
      sheet.showModal();
    } else if (!filled && sheet.open) {
      sheet.close();
    }
    if (filled && POINTER.matches) {
      body.querySelector<HTMLElement>("[data-focus]")?.focus();
    }
  }).observe(body, { childList: true });
  sheet.addEventListener("close", () => {
    body.replaceChildren();
    const find = document.querySelector<HTMLInputElement>("input[data-filters='#seats']");
    if (find) {
      clear(find);
    }
  });
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) {
      sheet.close();
    }
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const seats = document.getElementById("seats");
  if (seats) {
    observed.observe(seats, { childList: true, subtree: true, attributeFilter: ["hidden"] });
  }
  const sheet = document.getElementById("sheet");
  const body = document.getElementById("sheet-body");
  if (sheet instanceof HTMLDialogElement && body) {
    keepSheet(sheet, body);
  }
});

// Without the live link nothing would show what a form has done.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = (event as CustomEvent).detail;
  const down = document.getElementById("link-down")?.hidden === false;
  if (down && ctx.request.method === "POST" && ctx.response.raw.ok) {
    location.reload();
  }
});
