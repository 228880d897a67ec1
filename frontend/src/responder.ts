/** The page that opens a first responder's link, and its list. */

/**
 * The secret is in the fragment, which browsers send to nobody. It goes into the form, and out of the address, so that
 * it is not in the history.
 */
function takeSecret(form: HTMLFormElement): void {
  const secret = location.hash.slice(1);
  if (!secret) {
    return;
  }
  history.replaceState(null, "", location.pathname);
  form.querySelector<HTMLInputElement>("input[name=secret]")!.value = secret;
  form.querySelector<HTMLButtonElement>("button[type=submit]")!.disabled = false;
  form.querySelector("[data-no-secret]")?.remove();
}

const form = document.querySelector<HTMLFormElement>("[data-responder-open]");
if (form) {
  takeSecret(form);
  window.addEventListener("hashchange", () => takeSecret(form));
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  if (target.closest("[data-prints]")) {
    window.print();
  }
  target.closest<HTMLInputElement>("[data-selects]")?.select();
});
