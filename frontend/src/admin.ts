/** Forms whose values are changed in place: what can be saved shows once something differs; rows come and go. */

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function differs(field: Field): boolean {
  if (field instanceof HTMLSelectElement) {
    return [...field.options].some((option) => option.selected !== option.defaultSelected);
  }
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
    return field.checked !== field.defaultChecked;
  }
  return field.value !== field.defaultValue;
}

function mark(form: HTMLFormElement): void {
  const fields = [...form.querySelectorAll<Field>("input, select, textarea")];
  form.toggleAttribute("data-changed", fields.some(differs));
}

document.addEventListener("input", ({ target }) => {
  const form = target instanceof Element ? target.closest<HTMLFormElement>("form[data-editable]") : null;
  if (form) {
    mark(form);
  }
});

document.addEventListener("reset", ({ target }) => {
  if (target instanceof HTMLFormElement && target.matches("[data-editable]")) {
    target.removeAttribute("data-changed");
  }
});

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-adds], [data-drops]") : null;
  const form = button?.closest("form");
  if (!button || !form) {
    return;
  }
  if (button.dataset.adds) {
    const row = form.querySelector("template")?.content.firstElementChild?.cloneNode(true);
    const list = form.querySelector(button.dataset.adds);
    if (row instanceof HTMLElement && list) {
      list.append(row);
      row.querySelector("input")?.focus();
    }
  } else {
    button.closest(button.dataset.drops ?? "")?.remove();
    form.setAttribute("data-changed", "");
  }
});

// Where the links do not fit side by side, the one to this page shows all the same.
for (const link of document.querySelectorAll(".nav [aria-current], .admin-page[aria-current]")) {
  link.scrollIntoView({ block: "nearest", inline: "center" });
}
