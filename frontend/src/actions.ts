/** A button with `data-prints` prints the page. */
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest("[data-prints]")) {
    window.print();
  }
});

/** Buttons that open and close what is on the page: `data-opens="#id"`, `data-closes`, `data-dismiss`. */
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-opens], [data-closes], [data-dismiss]");
  if (!button) {
    return;
  }
  if (button.dataset.opens) {
    document.querySelector<HTMLDialogElement>(button.dataset.opens)?.showModal();
  } else if (button.dataset.closes !== undefined) {
    button.closest("dialog")?.close();
  } else {
    button.closest(".toast")?.remove();
  }
});

/** A choice with `data-submits` is sent as soon as it is made. */
document.addEventListener("change", (event) => {
  const choice = event.target as HTMLSelectElement;
  if (choice.dataset.submits !== undefined) {
    choice.form?.requestSubmit();
  }
});

/** An open menu closes when one looks elsewhere. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!menu.contains(event.target as Node)) {
      menu.open = false;
    }
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  }
});

/** A part with `data-title` says what the browser's tab is called while it is there. */
function takeTitle(): void {
  const title = document.querySelector<HTMLElement>("[data-title]")?.dataset.title;
  if (title && title !== document.title) {
    document.title = title;
  }
}
document.addEventListener("htmx:after:swap", takeTitle);
document.addEventListener("htmx:after:settle", takeTitle);

/** Who worked with the keyboard in a part that was replaced goes on in what replaced it. */
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement === document.body) {
    document.querySelector<HTMLElement>("[data-takes-focus]")?.focus({ preventScroll: true });
  }
});
