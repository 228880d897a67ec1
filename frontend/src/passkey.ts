/** Forms that make or show a passkey: `data-passkey` is create or get, `data-options` the address of its options. */

async function answer(form: HTMLFormElement): Promise<string> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") {
      fields.append(name, value);
    }
  }
  const response = await fetch(form.dataset.options ?? "", {
    method: "POST",
    body: fields,
    headers: { "X-CSRF-Token": fields.get("_csrf") ?? "", Accept: "application/json" },
  });
  if (!response.ok) {
    throw new Error("Load this page again, and try once more.");
  }
  const options = await response.json();
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential);
}

function words(error: unknown): string {
  if (error instanceof DOMException) {
    return error.name === "InvalidStateError"
      ? "This device has a passkey for you already."
      : "Nothing was shown, or it took too long. Try again, or use another way.";
  }
  return error instanceof Error ? error.message : "That did not work. Use another way.";
}

async function send(form: HTMLFormElement): Promise<void> {
  const problem = form.querySelector<HTMLElement>("[data-passkey-error]");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const field = form.querySelector<HTMLInputElement>("input[name=credential]");
  if (!field) {
    return;
  }
  problem?.setAttribute("hidden", "");
  button?.setAttribute("disabled", "");
  try {
    field.value = await answer(form);
    form.submit();
  } catch (error) {
    button?.removeAttribute("disabled");
    if (problem) {
      problem.textContent = words(error);
      problem.removeAttribute("hidden");
    }
  }
}

if (typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential) {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void send(form);
    });
  }
}

// The secret of a link stands in the fragment, which no server sees. It moves into the form and out of the history.
for (const field of document.querySelectorAll<HTMLInputElement>("input[data-from-fragment]")) {
  const secret = location.hash.slice(1);
  if (secret) {
    field.value = secret;
    field.closest<HTMLElement>(".field")?.setAttribute("hidden", "");
    history.replaceState(null, "", location.pathname);
  }
}
